// SPDX-License-Identifier: Apache-2.0
// What CoAP over TCP reads without a library: frames, options, and what a client makes of answers.
// The input is a stream; every message in it is read as a request and, in turn, as an answer to one
// POST.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "adapters/wire/coap/codec.h"
#include "adapters/wire/coap/option_values.h"
#include "adapters/wire/coap/transfer.h"
#include "gateway/base/result.h"

namespace msggw::coap {
namespace {

constexpr std::size_t kMostMessage = 4'096;
constexpr std::size_t kMostAnswer = 1'000;

void read_as_request(const WireMessage& message) {
  RequestReader reader;
  reader.read(message);
  const std::string target = target_of(reader.request);
  base::ensure(target.front() == '/', "a target begins with a slash");
  // One empty segment is written as none is, "/" (RFC 7252 6.5).
  if (target == "/" || !reader.request.queries.empty()) return;
  const auto& path = reader.request.path;
  const auto is_dots = [](std::string_view segment) { return segment == "." || segment == ".."; };
  // Segments that no URI can have (RFC 7252 5.10.1).
  if (std::any_of(path.begin(), path.end(), is_dots)) return;
  const auto again = base::parse_uri("coap://h" + target);
  if (!again) return;  // too long
  const auto segments = base::segments_of(*again);
  base::ensure(std::equal(path.begin(), path.end(), segments.begin(), segments.end()),
               "a path is written as it was");
}

/// False: the transfer has come to its end.
bool read_as_answer(const WireMessage& message, Transfer& transfer) {
  const auto step = transfer.take(read_answer(message, (message.token.size & 1) != 0));
  if (!step) return false;
  if (*step == Transfer::Step::send_next) {
    const RequestPart part = transfer.next(64, "tag");
    base::ensure(part.payload.size() <= 64, "a part fits its message");
    return true;
  }
  base::ensure(std::move(transfer).response().payload.size() <= kMostAnswer,
               "an answer is within its limit");
  return false;
}

Transfer new_transfer() {
  ClientRequest request;
  request.payload = std::string(200, 'p');
  Transfer transfer(std::move(request), *destination_of(*base::parse_uri("coap+tcp://h/p")),
                    kMostAnswer);
  transfer.next(64, "tag");
  return transfer;
}

}  // namespace
}  // namespace msggw::coap

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace msggw::coap;
  std::string_view in(reinterpret_cast<const char*>(data), size);
  Transfer transfer = new_transfer();
  while (true) {
    const Frame frame = read_frame(in, kMostMessage);
    if (frame.status != Frame::Status::whole) break;
    msggw::base::ensure(frame.octets > 0 && frame.octets <= in.size(), "a frame is in its stream");
    read_as_request(frame.message);
    if (!read_as_answer(frame.message, transfer)) transfer = new_transfer();
    in.remove_prefix(frame.octets);
  }
  return 0;
}

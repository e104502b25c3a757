// SPDX-License-Identifier: Apache-2.0
// CoAP in datagrams, as a server and a client read it: the input is a list of steps. 'd', two
// octets of length and a datagram that comes; 's', a confirmable message is sent; 'a' and 'r', the
// latest of them is acknowledged or reset; 'w' and an octet, so many tenths of a second pass. Every
// confirmable message must end in one way, once.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "adapters/wire/coap/message_layer.h"
#include "adapters/wire/coap/option_values.h"
#include "adapters/wire/coap/transfer.h"
#include "gateway/base/result.h"

namespace msggw::coap {
namespace {

class Fuzzed {
 public:
  void datagram(std::string_view octets) {
    // In a place of its own, so that a sanitizer sees the first octet read behind it.
    const std::string exact(octets);
    layer_.received(peer_, exact);
  }
  void send() {
    latest_ = layer_.send(peer_, true, 0x45, Token{}, {}, "payload", now_);
    ++sent_;
  }
  void end(MessageType how) {
    std::string out;
    append_datagram(out, how, latest_, 0, {}, {}, {});
    layer_.received(peer_, out);
  }
  void wait(unsigned tenths) {
    now_ += base::Duration{100 * tenths};
    layer_.repeat(now_);
    base::ensure(sent_ == ended_ + layer_.unacknowledged(), "each ends once");
  }
  void finish() {
    while (const auto due = layer_.next_due()) {
      now_ = *due;
      layer_.repeat(now_);
    }
    base::ensure(sent_ == ended_, "each ends");
  }

 private:
  void message(const Peer& from, const Datagram& in) {
    if (in.message.code >> 5 != 0) {
      const AnswerPart answer = read_answer(in.message, false);
      base::ensure(answer.payload.size() <= in.message.rest.size(), "a payload is in its message");
      return layer_.acknowledge(from, in.mid);
    }
    RequestReader reader;
    if (!reader.read(in.message)) return layer_.reject(from, in);
    base::ensure(target_of(reader.request).front() == '/', "a target begins with a slash");
    layer_.answer(from, in.mid, 0x45, in.message.token, {}, reader.request.payload);
  }
  void transmitted(std::string_view octets) {
    const Datagram out = read_datagram(octets);
    base::ensure(out.status == Datagram::Status::whole, "what is sent can be read");
  }

  Peer peer_;
  base::TimePoint now_{};
  std::uint16_t latest_ = 0;
  std::size_t sent_ = 0;
  std::size_t ended_ = 0;
  MessageLayer layer_{
      {},
      {.transmit = [this](const Peer&, std::string_view octets) { transmitted(octets); },
       .message = [this](const Peer& from, const Datagram& in) { message(from, in); },
       .ended = [this](const Peer&, const Token&, const MessageLayer::Subject&,
                       Ending) { ++ended_; },
       .malformed = [] {}}};
};

}  // namespace
}  // namespace msggw::coap

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view in(reinterpret_cast<const char*>(data), size);
  msggw::coap::Fuzzed fuzzed;
  const auto take = [&in]() -> std::size_t {
    if (in.empty()) return 0;
    const auto octet = static_cast<unsigned char>(in.front());
    in.remove_prefix(1);
    return octet;
  };
  while (!in.empty()) {
    switch (static_cast<char>(take())) {
      case 'd': {
        const std::size_t high = take();
        const std::size_t wanted = high << 8 | take();
        const std::size_t length = std::min(wanted, in.size());
        fuzzed.datagram(in.substr(0, length));
        in.remove_prefix(length);
        break;
      }
      case 's': fuzzed.send(); break;
      case 'a': fuzzed.end(msggw::coap::MessageType::acknowledgement); break;
      case 'r': fuzzed.end(msggw::coap::MessageType::reset); break;
      case 'w': fuzzed.wait(static_cast<unsigned>(take())); break;
      default: break;
    }
  }
  fuzzed.finish();
  return 0;
}

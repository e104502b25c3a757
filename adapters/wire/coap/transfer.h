// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "adapters/wire/coap/client.h"
#include "adapters/wire/coap/message.h"
#include "adapters/wire/coap/option_values.h"
#include "adapters/wire/coap/uri.h"
#include "gateway/base/result.h"

namespace msggw::coap {

/// The most octets of payload in a datagram: what fits everywhere (RFC 7252 4.6).
inline constexpr std::size_t kDatagramPayload = 1'024;

/// One request message of a client. Points into its Transfer.
struct RequestPart {
  Method method = Method::get;
  const Destination* to = nullptr;
  std::optional<std::uint16_t> content_format;
  std::optional<std::uint16_t> accept;
  std::optional<Block> block1;
  std::optional<Block> block2;
  std::optional<std::uint32_t> size1;
  std::string_view request_tag;
  std::string_view payload;
};

/// Calls add(number, value) for its options, in ascending order.
template <class Add>
void for_each_option(const RequestPart& part, Add&& add) {
  const auto number = [&](std::uint16_t option, const auto& value) {
    if (value) add(option, NumberValue(*value).view());
  };
  // An address needs no Uri-Host: the server knows where the message went (RFC 7252 6.4).
  if (!part.to->host.is_numeric()) add(option::kUriHost, std::string_view(part.to->host.text()));
  for (const std::string& segment : part.to->path) add(option::kUriPath, std::string_view(segment));
  number(option::kContentFormat, part.content_format);
  number(option::kAccept, part.accept);
  if (part.block2) add(option::kBlock2, NumberValue(encode_block(*part.block2)).view());
  if (part.block1) add(option::kBlock1, NumberValue(encode_block(*part.block1)).view());
  number(option::kSize1, part.size1);
  if (!part.request_tag.empty()) add(option::kRequestTag, part.request_tag);
}

/// One message that answers.
struct AnswerPart {
  Code code = Code::empty;
  AnswerOptions options;
  bool reliable = false;
  bool malformed = false;  ///< its options cannot be read
  std::string payload;
};

AnswerPart read_answer(const WireMessage& message, bool reliable);

/// One request and its answer, each in as many blocks as it takes (RFC 7959): which message is to
/// be sent next, and what an answer to it means. No I/O; the messages of one transfer follow each
/// other.
class Transfer {
 public:
  Transfer(ClientRequest request, Destination to, std::size_t max_response_octets)
      : request_(std::move(request)), to_(std::move(to)), most_(max_response_octets) {}

  const Destination& to() const noexcept { return to_; }

  /// `room`: the octets of payload that a message can have beside its options. `tag` tells this
  /// transfer from others of the same client to the same URI; must outlive the part.
  RequestPart next(std::size_t room, std::string_view tag);

  enum class Step { send_next, done };
  /// malformed: blocks that do not fit together, an unknown critical option, no response code;
  /// too_large: more than max_response_octets.
  base::Result<Step> take(AnswerPart&& answer);

  /// After Step::done.
  ClientResponse response() && { return std::move(response_); }

 private:
  bool wants_smaller_blocks(const AnswerPart& answer);
  base::Result<Step> continue_upload(const AnswerPart& answer);
  base::Result<Step> add_block(AnswerPart&& answer);
  void begin_response(AnswerPart& answer);

  ClientRequest request_;
  Destination to_;
  std::size_t most_;
  // Upload: octets acknowledged, and in the message under way.
  std::size_t acknowledged_ = 0;
  std::size_t under_way_ = 0;
  std::uint8_t exponent_ = Block::kMostExponent;
  bool in_blocks_ = false;       // also if all has room in one message
  std::optional<Block> block1_;  // of the message under way
  std::optional<Block> block2_;  // to be asked for next
  std::string etag_;
  ClientResponse response_;
  bool begun_ = false;  // the first block of the answer is in
};

}  // namespace msggw::coap

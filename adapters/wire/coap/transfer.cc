// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/transfer.h"

#include <algorithm>
#include <utility>

namespace msggw::coap {

namespace {

using Step = Transfer::Step;

base::Result<Step> malformed(const char* why) {
  return base::fail(base::Errc::malformed, why);
}

std::size_t octets_of(std::uint8_t exponent) {
  return std::size_t{16} << exponent;
}

}  // namespace

AnswerPart read_answer(const WireMessage& message, bool reliable) {
  AnswerPart answer;
  answer.code = static_cast<Code>(message.code);
  answer.reliable = reliable;
  OptionCursor options(message.rest);
  while (options.next()) answer.options.take(options.number(), options.value());
  answer.malformed = options.malformed();
  answer.payload = options.payload();
  return answer;
}

RequestPart Transfer::next(std::size_t room, std::string_view tag) {
  RequestPart part;
  part.method = request_.method;
  part.to = &to_;
  part.accept = request_.accept;
  if (block2_) {  // the rest of an answer: the body is not sent again (RFC 7959 3.3)
    part.block2 = block2_;
    part.request_tag = block1_ ? tag : std::string_view{};
    return part;
  }
  part.content_format = request_.content_format;
  const std::string_view body = request_.payload;
  if (!in_blocks_ && body.size() <= room) {
    under_way_ = body.size();
    part.payload = body;
    return part;
  }
  while (exponent_ > 0 && octets_of(exponent_) > room) --exponent_;
  const std::size_t size = octets_of(exponent_);
  under_way_ = std::min(size, body.size() - acknowledged_);
  block1_ = Block{static_cast<std::uint32_t>(acknowledged_ / size),
                  acknowledged_ + under_way_ < body.size(), exponent_};
  part.block1 = block1_;
  part.request_tag = tag;
  if (acknowledged_ == 0) part.size1 = static_cast<std::uint32_t>(body.size());
  part.payload = body.substr(acknowledged_, under_way_);
  return part;
}

base::Result<Step> Transfer::take(AnswerPart&& answer) {
  if (answer.malformed) return malformed("an answer whose options cannot be read");
  if (answer.options.bad_option)
    return base::fail(base::Errc::malformed, "an answer with the unknown critical option " +
                                                 std::to_string(*answer.options.bad_option));
  const unsigned of_class = class_of(answer.code);
  if (of_class != 2 && of_class != 4 && of_class != 5)
    return base::fail(base::Errc::malformed, "an answer with the code " + to_text(answer.code));
  if (answer.code == Code::continue_blocks) return continue_upload(answer);
  if (wants_smaller_blocks(answer)) return Step::send_next;
  return add_block(std::move(answer));
}

/// RFC 7959 2.9.3: 4.13 with a Block1 of smaller blocks than were sent. Then all is sent anew.
bool Transfer::wants_smaller_blocks(const AnswerPart& answer) {
  if (answer.code != Code::too_large || !answer.options.block1 || block2_) return false;
  const auto said = decode_block(*answer.options.block1, answer.reliable);
  const bool smaller = said && (!block1_ || said->exponent < block1_->exponent);
  if (!smaller) return false;
  in_blocks_ = true;
  exponent_ = said->exponent;
  acknowledged_ = 0;
  return true;
}

base::Result<Step> Transfer::continue_upload(const AnswerPart& answer) {
  if (block2_ || !block1_ || !block1_->more) return malformed("2.31 where no block is to follow");
  if (answer.options.block1) {
    const auto said = decode_block(*answer.options.block1, answer.reliable);
    if (!said || said->number != block1_->number) return malformed("2.31 for another block");
    exponent_ = std::min(exponent_, said->exponent);  // the server wants smaller ones
  }
  acknowledged_ += under_way_;
  return Step::send_next;
}

void Transfer::begin_response(AnswerPart& answer) {
  begun_ = true;
  etag_ = answer.options.etag;
  response_.code = answer.code;
  response_.content_format = answer.options.content_format;
  response_.max_age_s = answer.options.max_age_s;
  response_.location = std::move(answer.options.location);
}

base::Result<Step> Transfer::add_block(AnswerPart&& answer) {
  std::optional<Block> block;
  if (answer.options.block2) {
    block = decode_block(*answer.options.block2, answer.reliable);
    if (!block) return malformed("an answer with block size exponent 7");
  }
  // An error in place of a further block is the whole answer, and so is an answer without Block2.
  const bool further = begun_ && block && class_of(answer.code) == class_of(response_.code);
  if (!further) {
    response_ = {};
    begin_response(answer);
  }
  std::string& body = response_.payload;
  const std::size_t from = block ? block->offset() : 0;
  if (from != body.size()) return malformed("a block of an answer that does not follow the last");
  if (further && answer.options.etag != etag_)
    return malformed("the answer changed while its blocks were fetched");
  if (block && block->more && !block->may_hold(answer.payload.size()))
    return malformed("a block that is not as long as its Block2 option says");
  if (body.size() + answer.payload.size() > most_)
    return base::fail(base::Errc::too_large,
                      "an answer of more than " + std::to_string(most_) + " octets");
  if (body.empty()) {
    body = std::move(answer.payload);
  } else {
    body.append(answer.payload);
  }
  if (!block || !block->more) return Step::done;
  block2_ = Block{static_cast<std::uint32_t>(body.size() / block->size()), false, block->exponent};
  return Step::send_next;
}

}  // namespace msggw::coap

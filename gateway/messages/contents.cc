// SPDX-License-Identifier: Apache-2.0
#include "gateway/messages/contents.h"

#include <utility>

#include "gateway/base/result.h"

namespace msggw::messages {

namespace {

constexpr std::size_t kAround = 64;  ///< the numbers of a row and its place

std::size_t octets_of(const Message& message) noexcept {
  return message.from.address.size() + message.to.address.size() + message.message_id.size() +
         message.application.size() + message.content.size() +
         (message.segment ? message.segment->set.size() : 0);
}

std::size_t octets_of(const Report& report) noexcept {
  return report.from.address.size() + report.to.address.size() + report.message_id.size() +
         report.failure_cause.size();
}

}  // namespace

std::size_t Contents::octets_of(const Carried& carried) noexcept {
  return kAround + std::visit([](const auto& of) { return messages::octets_of(of); }, carried);
}

void Contents::put(MessageNo no, Carried carried) {
  octets_ += octets_of(carried);
  const bool added = by_number_.emplace(no, std::make_unique<Carried>(std::move(carried))).second;
  base::ensure(added, "messages: a content is in RAM once");
}

const Carried* Contents::find(MessageNo no) const noexcept {
  const auto found = by_number_.find(no);
  return found == by_number_.end() ? nullptr : found->second.get();
}

void Contents::drop(MessageNo no) {
  if (by_number_.contains(no)) take(no);
}

Carried Contents::take(MessageNo no) {
  const auto found = by_number_.find(no);
  base::ensure(found != by_number_.end(), "messages: a content that is in RAM");
  octets_ -= octets_of(*found->second);
  Carried carried = std::move(*found->second);
  by_number_.erase(found);
  return carried;
}

}  // namespace msggw::messages

// SPDX-License-Identifier: Apache-2.0
#include "gateway/messages/contents.h"

#include <utility>

#include "gateway/base/result.h"

namespace msggw::messages {

namespace {

constexpr std::size_t kAround = 64;  ///< in the store: the numbers of a row and its place
/// In RAM: of a block of the allocator, and of an entry of a table that is half full.
constexpr std::size_t kAroundBlock = 16;
constexpr std::size_t kEntry = 2 * (sizeof(MessageNo) + sizeof(void*) + 1);

template <class Take>
void each_text(const Message& message, const Take& take) {
  for (const std::string* const text :
       {&message.from.address, &message.to.address, &message.message_id, &message.application,
        &message.content})
    take(*text);
  if (message.segment) take(message.segment->set);
}

template <class Take>
void each_text(const Report& report, const Take& take) {
  for (const std::string* const text :
       {&report.from.address, &report.to.address, &report.message_id, &report.failure_cause})
    take(*text);
}

/// Over all texts of `carried`.
template <class Measure>
std::size_t sum(const Carried& carried, const Measure& measure) {
  std::size_t octets = 0;
  std::visit(
      [&](const auto& of) {
        each_text(of, [&](const std::string& text) { octets += measure(text); });
      },
      carried);
  return octets;
}

std::size_t ram_of(const Carried& carried) {
  static const std::size_t in_place = std::string().capacity();
  return kEntry + sizeof(Carried) + kAroundBlock + sum(carried, [](const std::string& text) {
           return text.capacity() > in_place ? text.capacity() + 1 + kAroundBlock : 0;
         });
}

}  // namespace

std::size_t Contents::octets_of(const Carried& carried) noexcept {
  return kAround + sum(carried, [](const std::string& text) { return text.size(); });
}

void Contents::put(MessageNo no, Carried&& carried) {
  octets_ += ram_of(carried);
  const bool added = by_number_.emplace(no, std::make_unique<Carried>(std::move(carried))).second;
  base::ensure(added, "messages: a content is in RAM once");
}

const Carried* Contents::find(MessageNo no) const noexcept {
  const auto found = by_number_.find(no);
  return found == by_number_.end() ? nullptr : found->second.get();
}

void Contents::drop(MessageNo no) {
  const auto found = by_number_.find(no);
  if (found == by_number_.end()) return;
  octets_ -= ram_of(*found->second);
  by_number_.erase(found);
}

Carried Contents::take(MessageNo no) {
  const auto found = by_number_.find(no);
  base::ensure(found != by_number_.end(), "messages: a content that is in RAM");
  octets_ -= ram_of(*found->second);
  Carried carried = std::move(*found->second);
  by_number_.erase(found);
  return carried;
}

}  // namespace msggw::messages

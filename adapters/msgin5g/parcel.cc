// SPDX-License-Identifier: Apache-2.0
#include "adapters/msgin5g/parcel.h"

#include <variant>

#include "adapters/msgin5g/content.h"

namespace msggw::msgin5g {

namespace {

/// The first number that standards' examples have.
constexpr std::uint32_t kFirstSegment = 1;

messages::Segment segment_of(const messages::Message& message, std::size_t which,
                             std::size_t count) {
  messages::Segment segment;
  segment.set = message.message_id;
  segment.number = kFirstSegment + static_cast<std::uint32_t>(which);
  if (which == 0) segment.total = static_cast<std::uint32_t>(count);
  segment.last = which + 1 == count;
  return segment;
}

}  // namespace

base::Result<Parcel> Parcel::pack(messages::Carried carried, const Writing& writing) {
  Parcel parcel(std::move(carried), writing);
  if (parcel.is_report()) {
    parcel.ends_ = {0};
    return parcel;
  }
  const auto& message = std::get<messages::Message>(parcel.carried_);
  const auto segments = cut(message.content, writing.encoding, writing.cutting);
  if (!segments) return tl::unexpected(segments.error());
  std::size_t end = 0;
  for (const std::string_view segment : *segments) parcel.ends_.push_back(end += segment.size());
  return parcel;
}

const std::string& Parcel::message_id() const noexcept {
  return is_report() ? std::get<messages::Report>(carried_).message_id
                     : std::get<messages::Message>(carried_).message_id;
}

base::Result<std::string> Parcel::body(std::size_t which) const {
  if (is_report()) return write_report(std::get<messages::Report>(carried_));
  const auto& message = std::get<messages::Message>(carried_);
  if (bodies() == 1) return write_message(message, writing_.encoding, writing_.store);
  const std::size_t begin = which == 0 ? 0 : ends_[which - 1];
  messages::Message part{message.from,
                         message.to,
                         message.message_id,
                         message.application,
                         message.content.substr(begin, ends_[which] - begin),
                         segment_of(message, which, bodies()),
                         message.wants_report && which == 0,
                         message.priority};
  return write_message(part, writing_.encoding, writing_.store);
}

std::chrono::sys_seconds store_until(base::TimePoint expires, base::TimePoint now,
                                     std::chrono::sys_seconds system_now) noexcept {
  return system_now + std::chrono::floor<std::chrono::seconds>(expires - now);
}

}  // namespace msggw::msgin5g

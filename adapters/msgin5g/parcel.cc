// SPDX-License-Identifier: Apache-2.0
#include "adapters/msgin5g/parcel.h"

#include <algorithm>
#include <variant>

#include "adapters/msgin5g/content.h"

namespace msggw::msgin5g {

namespace {

/// The first number that standards' examples have.
constexpr std::uint32_t kFirstSegment = 1;
/// Two clocks that are read one after the other differ by this at most, which is no second more.
constexpr base::Duration kReadApart{5};

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

base::Result<Parcel> Parcel::pack(const messages::Carried& carried, const Writing& writing) {
  Parcel parcel;
  if (const auto* const report = std::get_if<messages::Report>(&carried)) {
    parcel.is_report_ = true;
    parcel.message_id_ = report->message_id;
    parcel.whole_ = write_report(*report);
    return parcel;
  }
  const auto& message = std::get<messages::Message>(carried);
  parcel.message_id_ = message.message_id;
  const auto segments = cut(message.content, writing.encoding, writing.cutting);
  if (!segments) return tl::unexpected(segments.error());
  if (segments->size() == 1) {
    auto body = write_message(message, writing.encoding, writing.store);
    if (!body) return tl::unexpected(std::move(body.error()));
    parcel.whole_ = *std::move(body);
    return parcel;
  }
  parcel.writing_ = writing;
  parcel.message_ = message;
  parcel.ends_.clear();
  std::size_t end = 0;
  for (const std::string_view segment : *segments) parcel.ends_.push_back(end += segment.size());
  return parcel;
}

base::Result<std::string> Parcel::take_body(std::size_t which) {
  if (bodies() == 1) return std::move(whole_);
  const std::size_t begin = which == 0 ? 0 : ends_[which - 1];
  messages::Message part{message_.from,
                         message_.to,
                         message_id_,
                         message_.application,
                         message_.content.substr(begin, ends_[which] - begin),
                         segment_of(message_, which, bodies()),
                         message_.wants_report && which == 0,
                         message_.priority};
  return write_message(part, writing_.encoding, writing_.store);
}

std::chrono::sys_seconds store_until(base::TimePoint expires, base::TimePoint now,
                                     std::chrono::system_clock::time_point system_now) noexcept {
  const base::Duration left = std::max(expires - now, kReadApart + base::Duration{1});
  return std::chrono::ceil<std::chrono::seconds>(system_now + left - kReadApart);
}

}  // namespace msggw::msgin5g

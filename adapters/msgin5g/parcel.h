// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "adapters/msgin5g/bodies.h"
#include "adapters/msgin5g/options.h"
#include "gateway/base/clock.h"
#include "gateway/base/result.h"
#include "gateway/messages/message.h"

namespace msggw::msgin5g {

/// How a message is written for one MSGin5G Server.
struct Writing {
  PayloadEncoding encoding = PayloadEncoding::text;
  Cutting cutting;
  StoreAndForward store;
};

/// What is sent of one message or report: one body, or one for each segment of a message whose
/// content is longer than a segment (TS 23.554 8.5). A value.
class Parcel {
 public:
  /// unsupported, too_large: as of cut(); else as of write_message().
  static base::Result<Parcel> pack(const messages::Carried& carried, const Writing& writing);

  bool is_report() const noexcept { return is_report_; }
  const std::string& message_id() const noexcept { return message_id_; }
  /// At least one.
  std::size_t bodies() const noexcept { return ends_.size(); }
  /// Each once. Requires `which` < bodies(). All segments have the msgId and, made of it, the
  /// segId; whether a report is wanted and their count are said by the first, the last says that it
  /// is. Fails as write_message().
  base::Result<std::string> take_body(std::size_t which);

 private:
  Parcel() = default;

  bool is_report_ = false;
  std::string message_id_;
  std::string whole_;  ///< the body, if there is one
  // If there are more:
  messages::Message message_;
  Writing writing_;
  std::vector<std::size_t> ends_{0};  ///< of the segments in the content
};

/// `expires` (by the product's clock, which shows `now`) by the clock of the system, which shows
/// `system_now` and is that of the server: the first second that is no earlier, and never one that
/// is past, of a message that was handed over in its last moment.
std::chrono::sys_seconds store_until(base::TimePoint expires, base::TimePoint now,
                                     std::chrono::system_clock::time_point system_now) noexcept;

}  // namespace msggw::msgin5g

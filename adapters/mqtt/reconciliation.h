// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/mqtt/board.h"
#include "adapters/mqtt/connection.h"
#include "gateway/base/context.h"
#include "gateway/base/metrics.h"
#include "gateway/core/registrations.h"

namespace msggw::mqtt {

/// Makes what is retained at the broker say what the device table says, after each connection and
/// after publications that the broker refused. A round reads what is retained on the registration
/// topics, mends what is wrong and clears what belongs to nobody; then it walks over the table and
/// posts what was not there. Both go in steps, and only while nothing else waits to be published.
///
/// A broker may hand out only a part of what it retains (Mosquitto's max_queued_messages): what was
/// not seen is posted once more, so the topics that rows know of are right all the same. What no
/// row knows of, such as a broker's database from before a removal, is found by reading alone. Of a
/// shared group the other gateways' topics are left alone. Loop thread only.
class Reconciliation {
 public:
  /// All references must outlive the object.
  Reconciliation(const base::Context& context, core::Registrations& registrations,
                 Connection& connection, Board& board);

  /// A retained message on the registration topic of `id`.
  void found(std::string_view id, std::string_view body);
  /// Takes the next step of a round, or begins one.
  void end_turn(base::TimePoint now);

 private:
  enum class Stage {
    resting,
    due,      ///< begins when nothing waits to be published
    reading,  ///< up to kQuiet after the last that came
    walking,
    listening,  ///< up to kLinger after the last that came, for brokers that hand out slowly
  };
  static constexpr std::chrono::milliseconds kQuiet{500};
  static constexpr std::chrono::seconds kLinger{5};
  static constexpr std::chrono::seconds kAnswerWithin{10};  ///< to the SUBSCRIBE
  /// After a refusal; doubles while there are more.
  static constexpr std::chrono::seconds kAgainFirst{30};
  static constexpr std::chrono::seconds kAgainMost{600};
  static constexpr std::size_t kRowsATurn = 256;
  /// Topics of nobody that wait to be cleared; if there are more another round follows.
  static constexpr std::size_t kMostStrays = 10'000;

  struct Metrics {
    base::metrics::Counter& found(const char* what) const {
      return base::metrics::counter(registry, "msggw_mqtt_reconciled_total",
                                    "Registration topics compared with the device table",
                                    {{"found", what}});
    }
    base::metrics::Registry& registry;
    base::metrics::Counter& right = found("right");
    base::metrics::Counter& wrong = found("wrong");
    base::metrics::Counter& stray = found("stray");
    base::metrics::Counter& unseen = found("unseen");
  };

  void begin();
  void read(base::TimePoint now);
  void walk();
  void look_at(core::DeviceNo device);
  bool adopt(core::DeviceNo device, std::string_view id);
  void add_stray(std::string_view id);
  void clear_strays();
  void finish(base::TimePoint now);

  boost::asio::io_context& io_;
  core::Registrations& registrations_;
  Connection& connection_;
  Board& board_;
  Metrics metrics_;
  Stage stage_ = Stage::resting;
  std::uint64_t session_ = 0;
  base::TimePoint began_{};
  base::TimePoint heard_{};  ///< the last time that something came, or was asked for
  bool came_ = false;        ///< since the last step
  std::vector<bool> seen_;   ///< by device: its one topic is right
  std::uint32_t next_ = 0;   ///< of the walk
  boost::unordered_flat_set<core::DeviceNo> adopting_;  ///< rows that knew of no topic
  std::vector<std::string> strays_;
  bool too_many_ = false;
  std::optional<base::TimePoint> again_at_;
  base::Duration again_after_ = kAgainFirst;
  std::size_t wrong_ = 0;
  std::size_t cleared_ = 0;
  std::size_t posted_ = 0;
};

}  // namespace msggw::mqtt

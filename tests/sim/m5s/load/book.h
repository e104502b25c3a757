// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sim/traffic/lines.h"
#include "tests/sim/traffic/plan.h"

namespace msggw::m5s {

/// A report that the Application Server owes a device.
struct Owed {
  std::uint32_t device;
  std::string message_id;
};

/// What the server side knows of devices and messages, in the ledger if there is one: then a server
/// that was killed goes on where it was. Not thread-safe.
class Book {
 public:
  /// Reads what stands in the ledger. Throws std::runtime_error if that cannot be.
  explicit Book(const std::string& ledger);

  // From before.

  /// The newest message of each device; `open`: nobody has taken it yet.
  struct Sent {
    traffic::Stamp stamp{};
    bool open = false;
  };
  const std::vector<Sent>& sent() const { return sent_; }
  std::vector<Owed> take_owed();
  /// Where devices are; empty: not known yet.
  const std::string& target() const { return target_; }

  // Devices.

  std::size_t devices() const { return ids_.size(); }
  const std::string& id_of(std::uint32_t device) const { return ids_[device]; }
  /// False: it is known.
  bool add_device(std::string_view id, std::string_view target);
  /// Of a device that is not known there is none.
  std::optional<std::uint32_t> find(std::string_view id) const;

  // What happens. Each is in the ledger when the call returns.

  bool is_kept() const { return ledger_.is_kept(); }
  void sends(std::uint32_t device, const traffic::Stamp& stamp, const traffic::Plan& plan);
  void taken(std::uint32_t device, const traffic::Stamp& stamp);
  void refused(std::uint32_t device, const traffic::Stamp& stamp, unsigned status);
  /// A message of a device. False: it came before.
  bool got(std::string_view device, std::string_view message_id, bool wants_report, bool whole);
  /// A text of a phone, which the content names.
  void got_text(std::string_view device, std::string_view message_id, std::string_view content);
  /// `cause` of a failure; empty: none was told.
  void told(std::string_view device, std::string_view message_id, std::string_view status,
            std::string_view cause);
  /// The gateway has a report of the Application Server.
  void reported(const Owed& what, std::string_view status);

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  using Names = boost::unordered_flat_set<std::string, Hash, std::equal_to<>>;

  void read(const boost::json::object& line);
  void note(const char* event, std::string_view device, std::string_view message_id,
            boost::json::object more = {});

  std::vector<std::string> ids_;
  boost::unordered_flat_map<std::string, std::uint32_t, Hash, std::equal_to<>> by_id_;
  std::string target_;
  std::vector<Sent> sent_;
  Names got_;   ///< device and msgId
  Names owed_;  ///< ... of which a report was asked for and not given
  std::string name_;
  traffic::Ledger ledger_;
};

}  // namespace msggw::m5s

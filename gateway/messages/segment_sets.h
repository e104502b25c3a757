// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "gateway/messages/header.h"

namespace msggw::messages {

/// Names a set of segments while the process runs.
enum class SetNo : std::uint32_t {};

/// Where a segment belongs: what the store keeps of it beside its header, until its set is closed.
struct Place {
  Key set;                   ///< of recipient, sender and segId
  std::uint32_t number = 0;  ///< segNumb
  std::uint32_t total = 0;   ///< totalSegCount; 0: it does not say
  std::uint32_t octets = 0;  ///< of its content
  bool last = false;         ///< lastSegFlag

  bool operator==(const Place&) const = default;
};

/// What has come of a message that was cut; the contents are in the store.
struct SegmentSet {
  enum class Phase : std::uint8_t {
    open,    ///< segments may come
    joining  ///< all are here and durable; their contents are to be read
  };
  struct Part {
    std::uint32_t number = 0;
    std::uint32_t octets = 0;
    MessageNo no{};
  };

  Key key;
  core::DeviceNo device{};
  std::vector<Part> parts;  ///< in the order of their numbers
  std::optional<std::uint32_t> total;
  std::optional<std::uint32_t> last;
  std::uint64_t content_octets = 0;
  std::uint64_t octets = 0;      ///< as they are stored
  std::uint32_t deadline_s = 0;  ///< when it ends if no other segment comes; time of messages
  Phase phase = Phase::open;
  bool is_read = false;     ///< joining: its contents are being read
  std::size_t to_read = 0;  ///< how many of them

  const Part* find(std::uint32_t number) const noexcept;
  /// Whether all segments are here, numbered from 0 or from 1. Numbers from 1 need a total, which
  /// the first segment says (TS 23.554 8.5): without it one with 0 may still be to come.
  bool is_whole() const noexcept;
};

/// The sets of segments that are not yet messages. 16 octets for each segment, beside its header.
/// Loop thread only.
class SegmentSets {
 public:
  std::optional<SetNo> find(const Key& key) const;
  /// Null: it is closed.
  SegmentSet* find(SetNo no) noexcept;
  /// To its set, which begins with it if there is none. Requires that the set lacks the number.
  SetNo add(MessageNo no, const Place& place, const Header& header);
  void erase(SetNo no);

  std::vector<SetNo> of(core::DeviceNo device) const;
  std::size_t count_of(core::DeviceNo device) const;
  /// In all sets of the device.
  std::size_t segments_of(core::DeviceNo device) const;
  /// Requires that it is one of the set.
  Place place_of(MessageNo no, SetNo set) const;
  std::vector<SetNo> all() const;

  std::size_t size() const noexcept { return sets_.size(); }
  std::uint64_t octets() const noexcept { return octets_; }

 private:
  struct Hash {
    std::size_t operator()(const Key& key) const noexcept { return key.low; }
  };

  boost::unordered_flat_map<SetNo, std::unique_ptr<SegmentSet>> sets_;
  boost::unordered_flat_map<Key, SetNo, Hash> by_key_;
  boost::unordered_flat_map<core::DeviceNo, std::vector<SetNo>> by_device_;
  std::uint32_t last_ = 0;  ///< 0 names none
  std::uint64_t octets_ = 0;
};

}  // namespace msggw::messages

// SPDX-License-Identifier: Apache-2.0
#include "provisioning/function/assigner.h"

#include <cstring>
#include <utility>

namespace msggw::function {

namespace {

/// What stands before the two texts in a row's block.
struct Head {
  std::uint64_t number;
  std::uint32_t rule;
  std::uint8_t ue_type;
  std::uint8_t private_id_octets;
  std::uint8_t service_id_octets;
};
constexpr std::size_t kHeadOctets = 15;  // without the padding of the struct

Head head_of(const char* block) noexcept {
  Head head;
  std::memcpy(&head, block, kHeadOctets);
  return head;
}

std::unique_ptr<char[]> make_block(AssignmentNo no, const AssignmentRecord& record) {
  base::ensure(record.private_id.size() <= AssignmentRecord::kMostTextOctets &&
                   record.service_id.size() <= AssignmentRecord::kMostTextOctets,
               "the texts of an assignment fit its record");
  const Head head{static_cast<std::uint64_t>(no), static_cast<std::uint32_t>(record.rule),
                  static_cast<std::uint8_t>(record.ue_type),
                  static_cast<std::uint8_t>(record.private_id.size()),
                  static_cast<std::uint8_t>(record.service_id.size())};
  auto block = std::make_unique_for_overwrite<char[]>(kHeadOctets + record.private_id.size() +
                                                      record.service_id.size());
  char* at = block.get();
  std::memcpy(at, &head, kHeadOctets);
  at += kHeadOctets;
  std::memcpy(at, record.private_id.data(), record.private_id.size());
  at += record.private_id.size();
  std::memcpy(at, record.service_id.data(), record.service_id.size());
  return block;
}

}  // namespace

Assigner::Assigner(std::size_t max_assignments, ServiceIdMaker maker, base::HashKey key)
    : max_assignments_(max_assignments),
      maker_(std::move(maker)),
      by_private_id_(key),
      by_service_id_(key) {}

std::optional<Row> Assigner::find(std::string_view private_id) const {
  const auto row = by_private_id_.find(
      private_id, [this](std::uint32_t candidate) { return this->private_id(candidate); });
  if (!row) return std::nullopt;
  return Row{*row};
}

bool Assigner::is_taken(std::string_view service_id) const {
  return by_service_id_
      .find(service_id, [this](std::uint32_t candidate) { return this->service_id(candidate); })
      .has_value();
}

std::vector<Row> Assigner::rows() const {
  std::vector<Row> all;
  all.reserve(size());
  for (std::uint32_t at = 0; at < rows_.size(); ++at) {
    const bool is_live = rows_[at] && find(private_id(at)) == Row{at};
    if (is_live) all.push_back(Row{at});
  }
  return all;
}

base::Result<Row> Assigner::assign(std::string_view private_id, core::UeType type,
                                   const ServiceIdTemplate& pattern, RuleNo rule) {
  if (by_service_id_.size() >= max_assignments_) {
    return base::fail(base::Errc::refused, "all " + std::to_string(max_assignments_) +
                                               " assignments (max_assignments) are in use");
  }
  for (unsigned i = 0; i < kTries; ++i) {
    const auto service_id = maker_.make(pattern, type);
    if (!is_taken(service_id)) {
      return insert(AssignmentNo{static_cast<std::uint64_t>(last_) + 1},
                    {type, private_id, service_id, rule});
    }
    ++collisions_;
  }
  return base::fail(base::Errc::unavailable, "no Service ID that is free was found");
}

void Assigner::retire(Row row) {
  const auto at = static_cast<std::uint32_t>(row);
  by_private_id_.erase(private_id(at), at);
}

void Assigner::reclaim(Row row) {
  const auto at = static_cast<std::uint32_t>(row);
  by_service_id_.erase(service_id(at), at);
  rows_[at].reset();
  free_rows_.push_back(at);
}

base::Result<void> Assigner::restore(AssignmentNo no, const AssignmentRecord& record) {
  if (find(record.private_id)) {
    return base::fail(base::Errc::storage, "an earlier record has the same Private ID");
  }
  if (is_taken(record.service_id)) {
    return base::fail(base::Errc::storage, "an earlier record has the same Service ID");
  }
  insert(no, record);
  return {};
}

Row Assigner::insert(AssignmentNo no, const AssignmentRecord& record) {
  base::ensure(no > last_, "assignments are made and restored in ascending order");
  last_ = no;
  auto at = static_cast<std::uint32_t>(rows_.size());
  if (free_rows_.empty()) {
    rows_.push_back(make_block(no, record));
  } else {
    at = free_rows_.back();
    free_rows_.pop_back();
    rows_[at] = make_block(no, record);
  }
  by_private_id_.insert(private_id(at), at);
  by_service_id_.insert(service_id(at), at);
  return Row{at};
}

AssignmentNo Assigner::number(Row row) const noexcept {
  return AssignmentNo{head_of(rows_[static_cast<std::uint32_t>(row)].get()).number};
}

AssignmentRecord Assigner::record(Row row) const noexcept {
  const auto at = static_cast<std::uint32_t>(row);
  const Head head = head_of(rows_[at].get());
  return {static_cast<core::UeType>(head.ue_type), private_id(at), service_id(at),
          RuleNo{head.rule}};
}

std::string_view Assigner::private_id(std::uint32_t row) const noexcept {
  const char* block = rows_[row].get();
  return {block + kHeadOctets, head_of(block).private_id_octets};
}

std::string_view Assigner::service_id(std::uint32_t row) const noexcept {
  const char* block = rows_[row].get();
  const Head head = head_of(block);
  return {block + kHeadOctets + head.private_id_octets, head.service_id_octets};
}

}  // namespace msggw::function

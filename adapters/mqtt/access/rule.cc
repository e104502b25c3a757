// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/access/rule.h"

#include <algorithm>
#include <array>

#include "gateway/core/private_id.h"

namespace msggw::mqtt::access {

namespace {

constexpr std::array<std::string_view, 6> kSays{"register", "deregister", "status",
                                                "send",     "up",         "report"};
constexpr std::array<std::string_view, 4> kIsTold{"registration", "ack", "down", "reports"};
constexpr std::string_view kAnswers = "answers/";

bool is_of(std::span<const std::string> ids, std::string_view level) {
  if (level.find_first_of("+#") != std::string_view::npos) return false;
  const auto id = core::PrivateId::parse(level, core::PrivateId::kMostOctets);
  return id && std::find(ids.begin(), ids.end(), id->text()) != ids.end();
}

bool is_open_to(Act act, std::string_view word) {
  if (act == Act::write || act == Act::have_written)
    return std::find(kSays.begin(), kSays.end(), word) != kSays.end();
  return std::find(kIsTold.begin(), kIsTold.end(), word) != kIsTold.end() ||
         word.starts_with(kAnswers);
}

}  // namespace

bool is_its_own(std::span<const std::string> ids, std::string_view prefix, Act act,
                std::string_view topic) {
  if (!topic.starts_with(prefix) || topic.size() <= prefix.size() || topic[prefix.size()] != '/')
    return false;
  topic.remove_prefix(prefix.size() + 1);
  const std::size_t slash = topic.find('/');
  return slash != std::string_view::npos && is_open_to(act, topic.substr(slash + 1)) &&
         is_of(ids, topic.substr(0, slash));
}

}  // namespace msggw::mqtt::access

// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/topics.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "gateway/base/text.h"

namespace msggw::mqtt {

namespace {

constexpr std::string_view kWildcards = "+#";
constexpr std::size_t kMostPrefixOctets = 256;

constexpr std::array<std::string_view, kRequestKinds> kWords{
    "register", "deregister", "status", "send", "up", "report"};  // RequestKind
constexpr std::array<std::string_view, 4> kGatewayWords{"registration", "ack", "down",
                                                        "reports"};  // GatewayTopic

/// Whether something can be published to `topic` by a client that means no harm.
bool is_topic_name(std::string_view topic) noexcept {
  return !topic.empty() && topic.front() != '$' &&
         topic.find_first_of(kWildcards) == std::string_view::npos && base::is_utf8(topic) &&
         !base::has_control(topic);
}

}  // namespace

bool is_topic_level(std::string_view text) noexcept {
  return !text.empty() && text.find_first_of("/+#") == std::string_view::npos &&
         base::is_utf8(text) && !base::has_control(text);
}

Topics::Topics(std::string prefix, std::string_view shared_group, bool beyond_prefix, bool messages)
    : prefix_(std::move(prefix)), beyond_prefix_(beyond_prefix) {
  if (!is_topic_name(prefix_) || prefix_.size() > kMostPrefixOctets || prefix_.front() == '/' ||
      prefix_.back() == '/') {
    throw std::runtime_error("mqtt.topic_prefix = \"" + base::printable(prefix_) +
                             "\" cannot begin a topic: it must have 1 to 256 octets, no '+' or "
                             "'#', no '$' or '/' in front and no '/' behind");
  }
  if (!shared_group.empty() && !is_topic_level(shared_group)) {
    throw std::runtime_error("mqtt.shared_group = \"" + base::printable(shared_group) +
                             "\" cannot be a share name: it must not hold '/', '+' or '#'");
  }
  prefix_.push_back('/');
  const std::string share =
      shared_group.empty() ? std::string{} : "$share/" + std::string(shared_group) + "/";
  subscriptions_ = {{share + prefix_ + "+/register"},
                    {prefix_ + "+/deregister"},
                    // How a device stands, and no act of it: also what it said before.
                    {prefix_ + "+/status", protocol::Stored::always}};
  if (!messages) return;
  for (const std::string_view word : {"send", "up", "report"})
    subscriptions_.push_back({prefix_ + "+/" + std::string(word)});
}

std::optional<RequestTopic> Topics::parse(std::string_view topic) const noexcept {
  if (!topic.starts_with(prefix_)) return std::nullopt;
  topic.remove_prefix(prefix_.size());
  const std::size_t slash = topic.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto* const word = std::find(kWords.begin(), kWords.end(), topic.substr(slash + 1));
  if (word == kWords.end()) return std::nullopt;
  return RequestTopic{static_cast<RequestKind>(word - kWords.begin()), topic.substr(0, slash)};
}

std::optional<std::string_view> Topics::parse_registration(std::string_view topic) const noexcept {
  if (!topic.starts_with(prefix_)) return std::nullopt;
  topic.remove_prefix(prefix_.size());
  const std::size_t slash = topic.find('/');
  if (slash == std::string_view::npos || topic.substr(slash + 1) != kGatewayWords.front())
    return std::nullopt;
  return topic.substr(0, slash);
}

void Topics::write(GatewayTopic kind, std::string_view id, std::string& out) const {
  out.assign(prefix_);
  out.append(id);
  out.push_back('/');
  out.append(kGatewayWords[static_cast<std::size_t>(kind)]);
}

bool Topics::may_answer_to(std::string_view topic, std::string_view id) const noexcept {
  if (topic.size() > kMostResponseTopicOctets || !is_topic_name(topic)) return false;
  if (!topic.starts_with(prefix_)) return beyond_prefix_;
  if (parse(topic)) return false;
  topic.remove_prefix(prefix_.size());
  return !id.empty() && topic.starts_with(id) && topic.size() > id.size() + 1 &&
         topic[id.size()] == '/';
}

}  // namespace msggw::mqtt

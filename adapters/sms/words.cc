// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/words.h"

#include <algorithm>
#include <optional>

#include "gateway/base/text.h"

namespace msggw::sms {

namespace {

constexpr std::string_view kBlank(" \t\r\n\0", 5);

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::optional<std::string_view> word(std::string_view name, const Words& words) {
  if (name == "serviceId") return words.service_id;
  if (name == "privateId") return words.private_id;
  if (name == "state") return words.state;
  if (name == "servers") return words.servers;
  if (name == "cause") return words.cause;
  if (name == "detail") return words.detail;
  return std::nullopt;
}

}  // namespace

bool says(std::string_view text, std::string_view keyword) noexcept {
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos || keyword.empty()) return false;
  text = text.substr(first, text.find_last_not_of(kBlank) - first + 1);
  return std::equal(text.begin(), text.end(), keyword.begin(), keyword.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

Words words_of(const core::RegistrationView& view, const core::Refusal* refusal) {
  Words words;
  words.service_id = view.service_id;
  words.private_id = view.private_id;
  words.state = core::name_of(view.state);
  if (view.profile != nullptr) {
    for (const std::string& server : view.profile->server_service_ids)
      words.servers += (words.servers.empty() ? "" : ", ") + server;
  }
  if (refusal != nullptr) {
    words.cause = refusal->cause;
    words.detail = refusal->detail;
  }
  return words;
}

std::string fill(std::string_view text, const Words& words) {
  std::string filled;
  while (!text.empty()) {
    const std::size_t open = std::min(text.find('{'), text.size());
    filled += text.substr(0, open);
    text.remove_prefix(open);
    const std::size_t close = text.find('}');
    if (close == std::string_view::npos) {
      filled += text;
      break;
    }
    const auto value = word(text.substr(1, close - 1), words);
    if (value)
      base::append_as_utf8(filled, *value);
    else
      filled += text.substr(0, close + 1);
    text.remove_prefix(close + 1);
  }
  const std::size_t last = filled.find_last_not_of(kBlank);
  filled.resize(last == std::string::npos ? 0 : last + 1);
  return filled;
}

}  // namespace msggw::sms

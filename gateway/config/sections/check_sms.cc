// SPDX-License-Identifier: Apache-2.0
// Checks of [sms], but for what an SMSC may say of itself.
#include <algorithm>
#include <span>

#include "adapters/sms/text/parts.h"
#include "gateway/base/text.h"
#include "gateway/config/language/list_file.h"
#include "gateway/config/sections/check_parts.h"

namespace msggw::config {
namespace {

constexpr std::string_view kSection = "sms";
constexpr std::size_t kMostPrefixDigits = 8;
constexpr std::size_t kMostKeywordCharacters = 20;
// TS 23.003 3.3: at most 15 digits. A short code is a number of the network's own, of at most the
// digits that TP-OA carries; letters are packed into as many octets (TS 23.040 9.1.2.5).
constexpr std::size_t kLeastNumberDigits = 5;
constexpr std::size_t kMostNumberDigits = 15;
constexpr std::size_t kMostShortCodeDigits = 20;
constexpr std::size_t kMostSourceLetters = 11;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool are_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), is_digit);
}

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

std::string in_quotes(std::string_view text) {
  return "'" + base::printable(text) + "'";
}

// A text that the gateway sends, and what is replaced in it.

constexpr std::string_view kPlaceholders[] = {"serviceId", "privateId", "state",
                                              "servers",   "cause",     "detail"};
constexpr std::size_t kGranted = 4;  ///< of them, where nothing is refused

struct Template {
  std::string_view key;
  std::string_view name;  ///< "section.key"
  const std::string& text;
  std::span<const std::string_view> placeholders;
};

std::vector<Template> templates_of(const sms::Options& sms) {
  const std::span all(kPlaceholders);
  return {{"answer", "sms.answer", sms.answer, all.first(kGranted)},
          {"answer_refused", "sms.answer_refused", sms.answer_refused, all},
          {"answer_status", "sms.answer_status", sms.answer_status, all},
          {"answer_stop", "sms.answer_stop", sms.answer_stop, all.first(kGranted)},
          {"answer_unsent", "sms.answer_unsent", sms.answer_unsent, all}};
}

/// What is wrong with `text`; if nothing is, `fixed` is it without its placeholders.
std::string placeholders_wrong(std::string_view text,
                               std::span<const std::string_view> placeholders, std::string& fixed) {
  std::string all;
  for (const auto name : placeholders)
    all.append(all.empty() ? "{" : ", {").append(name).append("}");
  while (!text.empty()) {
    const std::size_t open = std::min(text.find_first_of("{}"), text.size());
    fixed += text.substr(0, open);
    text.remove_prefix(open);
    if (text.empty()) break;
    const std::size_t close = text.find('}');
    if (text.front() == '}' || close == std::string_view::npos)
      return "holds a single brace, allowed are braces around the words of " + all;
    const std::string_view name = text.substr(1, close - 1);
    if (std::find(placeholders.begin(), placeholders.end(), name) == placeholders.end()) {
      return config_language::unknown_word("'{" + base::printable(name, 32) + "}' is unknown", name,
                                           {placeholders.begin(), placeholders.end()});
    }
    text.remove_prefix(close + 1);
  }
  return {};
}

/// Whether `text` is short enough for every SMSC that might send it.
bool fits(std::string_view text, const sms::Options& sms) {
  return std::all_of(sms.all.begin(), sms.all.end(), [&](const sms::SmscOptions& smsc) {
    sms_text::SplitOptions options;
    options.form = smsc.long_messages;
    options.packed = smsc.default_coding == sms_text::DefaultCoding::gsm7_packed;
    options.most_parts = sms.max_parts;
    const auto alphabet = sms_text::best_alphabet(text, smsc.default_coding);
    return sms_text::split(alphabet, text, options).has_value();
  });
}

/// `count_parts`: whether the SMSCs are known that the lengths depend on.
void check_templates(const sms::Options& sms, bool count_parts, Findings& found) {
  for (const Template& one : templates_of(sms)) {
    std::string fixed;
    if (auto wrong = placeholders_wrong(one.text, one.placeholders, fixed); !wrong.empty()) {
      found.push_back({kSection, one.key, std::move(wrong)});
    } else if (count_parts && !fits(fixed, sms)) {
      found.push_back(
          {kSection,
           one.key,
           "needs more parts than max_parts allows, " + std::to_string(sms.max_parts) +
               ", even without what is put in",
           {"sms.max_parts", "sms.default_coding", "sms.long_messages", "sms.smscs_file"}});
    }
  }
}

std::string source_wrong(std::string_view source) {
  const auto in_name = [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view(" -._&").find(c) != std::string_view::npos;
  };
  const std::string_view digits = source.substr(source.starts_with('+') ? 1 : 0);
  const bool is_number = digits.size() < source.size() && are_digits(digits) &&
                         digits.size() >= kLeastNumberDigits && digits.size() <= kMostNumberDigits;
  const bool is_code = are_digits(source) && source.size() <= kMostShortCodeDigits;
  const bool is_name = source.size() <= kMostSourceLetters && !source.starts_with(' ') &&
                       !source.ends_with(' ') && std::all_of(source.begin(), source.end(), in_name);
  if (is_number || is_code || is_name) return {};
  return in_quotes(source) +
         " is no sender, allowed are '+' and 5 to 15 digits, a short code of up to 20 digits, or "
         "up to 11 letters, digits and \"-._&\"";
}

/// One of the sources of messages, which may have an application port.
std::string pool_source_wrong(std::string_view source) {
  const std::size_t colon = source.find(':');
  if (colon == std::string_view::npos) return source_wrong(source);
  const std::string_view port = source.substr(colon + 1);
  unsigned number = 0;
  for (const char c : port.substr(0, 6)) number = number * 10 + static_cast<unsigned>(c - '0');
  if (port.empty() || port.size() > 5 || !are_digits(port) || number == 0 || number > 0xFFFF)
    return in_quotes(source) + " has no port behind its colon, allowed are 1 to 65535";
  return source_wrong(source.substr(0, colon));
}

std::string keyword_wrong(std::string_view word) {
  const auto begins_character = [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  };
  const auto characters = std::count_if(word.begin(), word.end(), begins_character);
  if (word.find(' ') != std::string_view::npos)
    return in_quotes(word) + " holds a blank, a keyword is one word";
  if (static_cast<std::size_t>(characters) <= kMostKeywordCharacters) return {};
  return "is " + std::to_string(characters) + " characters long, allowed are at most " +
         std::to_string(kMostKeywordCharacters);
}

/// Each value alone.
void check_forms(const sms::Options& sms, Findings& found) {
  const auto tell = [&](std::string_view key, std::string wrong) {
    if (!wrong.empty()) found.push_back({kSection, key, std::move(wrong)});
  };
  check_smsc_forms(kSection, sms.smsc, found);
  const std::string& country = sms.country_code;
  if (!are_digits(country) || country.size() > 3 || country.starts_with('0'))
    tell("country_code",
         in_quotes(country) + " is no country code, allowed are one to three digits such as 49");
  const auto check_prefix = [&](std::string_view key, std::string_view prefix) {
    if (are_digits(prefix) && prefix.size() <= kMostPrefixDigits) return;
    tell(key, in_quotes(prefix) + " is no prefix, allowed are at most " +
                  std::to_string(kMostPrefixDigits) + " digits or nothing");
  };
  check_prefix("national_prefix", sms.national_prefix);
  check_prefix("international_prefix", sms.international_prefix);
  for (const std::string& pattern : sms.numbers) tell("numbers", number_pattern_wrong(pattern));
  if (!sms.source.empty()) tell("source", source_wrong(sms.source));
  for (const std::string& source : sms.sources) tell("sources", pool_source_wrong(source));
  tell("keyword_status", keyword_wrong(sms.keyword_status));
  tell("keyword_stop", keyword_wrong(sms.keyword_stop));
}

void check_numbers(const sms::Options& sms, Findings& found) {
  const bool by_pattern = sms.first_contact == sms::FirstContact::pattern;
  if (by_pattern && sms.numbers.empty()) {
    found.push_back({kSection,
                     "numbers",
                     "is empty, first_contact = \"pattern\" would take in nobody",
                     {"sms.first_contact"}});
  } else if (!by_pattern && !sms.numbers.empty()) {
    found.push_back({kSection,
                     "numbers",
                     "has no effect unless first_contact = \"pattern\"",
                     {"sms.first_contact"}});
  }
  if (sms.bare_numbers == sms::BareNumbers::national && sms.country_code.empty()) {
    found.push_back({kSection,
                     "bare_numbers",
                     "\"national\" needs country_code beside it",
                     {"sms.country_code"}});
  }
  if (!sms.national_prefix.empty() && sms.national_prefix == sms.international_prefix) {
    found.push_back({kSection,
                     "international_prefix",
                     "is the national_prefix too, so no number could be told from the other kind",
                     {"sms.national_prefix"}});
  }
}

void check_keywords(const sms::Options& sms, Findings& found) {
  if (!sms.keyword_stop.empty() && lower(sms.keyword_stop) == lower(sms.keyword_status)) {
    found.push_back({kSection,
                     "keyword_stop",
                     "is the keyword_status too, each needs a word of its own",
                     {"sms.keyword_status"}});
  }
  if (!sms.keyword_status.empty() && sms.answer_status.empty()) {
    found.push_back({kSection,
                     "keyword_status",
                     "needs answer_status beside it, or nothing would come of it",
                     {"sms.answer_status"}});
  }
  if (sms.keyword_stop.empty() && !sms.answer_stop.empty()) {
    found.push_back(
        {kSection, "answer_stop", "needs keyword_stop beside it", {"sms.keyword_stop"}});
  }
}

/// Whether messages can go the ways that they have to.
void check_directions(const sms::Options& sms, Findings& found) {
  const auto all_are = [&](sms::BindMode mode) {
    return std::all_of(sms.all.begin(), sms.all.end(),
                       [mode](const sms::SmscOptions& smsc) { return smsc.bind == mode; });
  };
  if (all_are(sms::BindMode::transmitter)) {
    found.push_back({kSection,
                     sms.smscs_file.empty() ? "bind" : "smscs_file",
                     "no SMSC hands over messages from devices, at least one needs a bind other "
                     "than \"transmitter\"",
                     {"sms.bind", "sms.smscs_file"}});
  }
  if (!all_are(sms::BindMode::receiver)) return;
  const std::pair<std::string_view, bool> sends[] = {
      {"answer", !sms.answer.empty()},
      {"answer_refused", !sms.answer_refused.empty()},
      {"keyword_status", !sms.keyword_status.empty()},
      {"answer_stop", !sms.answer_stop.empty()},
      {"answer_unsent", !sms.answer_unsent.empty()}};
  for (const auto& [key, is_sent] : sends) {
    if (!is_sent) continue;
    found.push_back({kSection,
                     key,
                     "needs an SMSC that takes messages to devices, with a bind other than "
                     "\"receiver\"",
                     {"sms.bind", "sms.smscs_file"}});
  }
}

}  // namespace

void check_sms(const sms::Options& sms, Purpose purpose, Findings& found) {
  const bool knows_all = sms.smscs_file.empty() || purpose == Purpose::gateway;
  check_forms(sms, found);
  check_templates(sms, sms.enabled && knows_all, found);
  if (!sms.enabled) return;
  check_order(kSection, "reconnect_first", sms.reconnect_first, "reconnect_most",
              sms.reconnect_most, "sms.reconnect_most", found);
  check_numbers(sms, found);
  check_keywords(sms, found);
  if (knows_all) check_directions(sms, found);
  if (sms.smscs_file.empty()) check_smsc_tls(kSection, sms.smsc, found);
  if (purpose == Purpose::gateway) check_smsc_files(kSection, sms.smsc, found);
}

}  // namespace msggw::config

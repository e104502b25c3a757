// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/text/receipt.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "gateway/base/text.h"

namespace msggw::sms_text {

namespace {

enum class Field { id, sub, dlvrd, submit_date, done_date, stat, err, text };
constexpr std::size_t kFields = 8;

/// Of Receipt::has_form.
constexpr std::array kForm{Field::id, Field::submit_date, Field::done_date, Field::stat};

struct Name {
  std::string_view name;  ///< a space stands for any of " _-", or nothing
  Field field;
};
constexpr std::array kNames{Name{"id", Field::id},
                            Name{"sub", Field::sub},
                            Name{"dlvrd", Field::dlvrd},
                            Name{"submit date", Field::submit_date},
                            Name{"done date", Field::done_date},
                            Name{"stat", Field::stat},
                            Name{"status", Field::stat},
                            Name{"err", Field::err},
                            Name{"error", Field::err},
                            Name{"text", Field::text}};

struct Word {
  std::string_view word;
  MessageState state;
};
constexpr std::array kWords{Word{"DELIVRD", MessageState::delivered},
                            Word{"DELIVERED", MessageState::delivered},
                            Word{"EXPIRED", MessageState::expired},
                            Word{"DELETED", MessageState::deleted},
                            Word{"UNDELIV", MessageState::undeliverable},
                            Word{"UNDELIVERABLE", MessageState::undeliverable},
                            Word{"UNDELIVERED", MessageState::undeliverable},
                            Word{"FAILED", MessageState::undeliverable},
                            Word{"ACCEPTD", MessageState::accepted},
                            Word{"ACCEPTED", MessageState::accepted},
                            Word{"UNKNOWN", MessageState::unknown},
                            Word{"REJECTD", MessageState::rejected},
                            Word{"REJECTED", MessageState::rejected},
                            Word{"ENROUTE", MessageState::enroute},
                            Word{"BUFFERED", MessageState::enroute},
                            Word{"BUFFRED", MessageState::enroute}};

bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\0';
}
bool is_separator(char c) noexcept {
  return is_blank(c) || c == ',' || c == ';';
}
bool is_joiner(char c) noexcept {
  return is_blank(c) || c == '_' || c == '-';
}
char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
char upper(char c) noexcept {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

std::string_view trimmed(std::string_view value) noexcept {
  while (!value.empty() && is_separator(value.front())) value.remove_prefix(1);
  while (!value.empty() && is_separator(value.back())) value.remove_suffix(1);
  return value;
}

struct Found {
  Field field;
  std::size_t size;  ///< of the name with its colon
};

/// Octets of `name` and a colon at the beginning of `at`, 0 if they are not there.
std::size_t match(std::string_view at, std::string_view name) noexcept {
  std::size_t i = 0;
  for (const char c : name) {
    if (c == ' ') {
      while (i < at.size() && is_joiner(at[i])) ++i;
    } else if (i >= at.size() || lower(at[i++]) != c) {
      return 0;
    }
  }
  while (i < at.size() && is_blank(at[i])) ++i;
  return i < at.size() && at[i] == ':' ? i + 1 : 0;
}

/// The field that begins at `position`, which must be the start of a word.
std::optional<Found> field_at(std::string_view text, std::size_t position) noexcept {
  if (position > 0 && !is_separator(text[position - 1])) return std::nullopt;
  for (const Name& name : kNames) {
    const std::size_t size = match(text.substr(position), name.name);
    if (size != 0) return Found{name.field, size};
  }
  return std::nullopt;
}

using Values = std::array<std::optional<std::string_view>, kFields>;

std::optional<std::string_view>& value_of(Values& values, Field field) {
  return values[static_cast<std::size_t>(field)];
}

/// Where the next field begins, or the end.
std::size_t next_field(std::string_view text, std::size_t from) noexcept {
  while (from < text.size() && !field_at(text, from)) ++from;
  return from;
}

Values fields_of(std::string_view text, const ReceiptTlvs& tlvs) {
  Values values;
  const auto complete = [&] {
    return (value_of(values, Field::id) || tlvs.receipted_message_id) &&
           (value_of(values, Field::stat) || tlvs.message_state);
  };
  std::size_t at = next_field(text, 0);
  while (at < text.size()) {
    const Found found = *field_at(text, at);
    const std::size_t begin = at + found.size;
    at = found.field == Field::text && complete() ? text.size() : next_field(text, begin);
    auto& value = value_of(values, found.field);
    if (!value) value = trimmed(text.substr(begin, at - begin));
  }
  return values;
}

std::optional<MessageState> state_of_number(unsigned number) noexcept {
  if (number == 0) return MessageState::enroute;   // SCHEDULED in SMPP 5.0
  if (number == 9) return MessageState::rejected;  // SKIPPED in SMPP 5.0
  if (number > 9) return std::nullopt;
  return static_cast<MessageState>(number);
}

std::optional<std::uint32_t> number_of(std::string_view digits) noexcept {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) {
    return std::nullopt;
  }
  return number;
}

std::optional<MessageState> state_of_word(std::string_view value) {
  if (const auto number = number_of(value)) return state_of_number(*number);
  std::string word;
  for (const char c : value) {
    if (!is_joiner(c)) word.push_back(upper(c));
  }
  for (const Word& row : kWords) {
    if (row.word == word) return row.state;
  }
  return std::nullopt;
}

/// YYMMDDhhmm, YYMMDDhhmmss, or the same with a year of four digits.
std::optional<std::chrono::local_seconds> date_of(std::string_view value) noexcept {
  const bool long_year = value.size() == 14;
  const bool digits = value.find_first_not_of("0123456789") == std::string_view::npos;
  if (!digits || (value.size() != 10 && value.size() != 12 && !long_year)) return std::nullopt;
  const auto two = [&](std::size_t at) {
    return static_cast<unsigned>((value[at] - '0') * 10 + (value[at + 1] - '0'));
  };
  const unsigned century = long_year ? two(0) * 100 : 2000;
  if (long_year) value.remove_prefix(2);
  const std::chrono::year_month_day day{std::chrono::year(static_cast<int>(century + two(0))),
                                        std::chrono::month(two(2)), std::chrono::day(two(4))};
  const unsigned seconds = value.size() == 12 ? two(10) : 0;
  if (!day.ok() || two(6) > 23 || two(8) > 59 || seconds > 59) return std::nullopt;
  return std::chrono::local_days(day) + std::chrono::hours(two(6)) + std::chrono::minutes(two(8)) +
         std::chrono::seconds(seconds);
}

std::optional<NetworkError> network_error_of(std::optional<std::string_view> tlv) noexcept {
  if (!tlv || tlv->size() != 3) return std::nullopt;
  const auto octet = [&](std::size_t i) { return static_cast<std::uint8_t>((*tlv)[i]); };
  return NetworkError{octet(0), static_cast<std::uint16_t>(octet(1) << 8 | octet(2))};
}

/// `tlvs` are usable.
base::Result<MessageState> state_in(const ReceiptTlvs& tlvs, std::string_view stat) {
  if (tlvs.message_state) return *state_of_number(*tlvs.message_state);
  if (stat.empty()) return base::fail(base::Errc::missing, "receipt has no message state");
  if (const auto state = state_of_word(stat)) return *state;
  return base::fail(base::Errc::incorrect,
                    "receipt has the unknown message state \"" + base::printable(stat) + "\"");
}

/// TLVs that say nothing are as good as none.
ReceiptTlvs usable(ReceiptTlvs tlvs) noexcept {
  if (tlvs.receipted_message_id) {
    tlvs.receipted_message_id = trimmed(*tlvs.receipted_message_id);
    if (tlvs.receipted_message_id->empty()) tlvs.receipted_message_id.reset();
  }
  if (tlvs.message_state && !state_of_number(*tlvs.message_state)) tlvs.message_state.reset();
  return tlvs;
}

}  // namespace

bool is_final(MessageState state) noexcept {
  return state != MessageState::enroute && state != MessageState::accepted;
}

std::string_view word_of(MessageState state) noexcept {
  switch (state) {
    case MessageState::enroute: return "ENROUTE";
    case MessageState::delivered: return "DELIVRD";
    case MessageState::expired: return "EXPIRED";
    case MessageState::deleted: return "DELETED";
    case MessageState::undeliverable: return "UNDELIV";
    case MessageState::accepted: return "ACCEPTD";
    case MessageState::unknown: return "UNKNOWN";
    case MessageState::rejected: return "REJECTD";
  }
  return "";
}

Receipt parse_receipt(std::string_view text, const ReceiptTlvs& all_tlvs) {
  const ReceiptTlvs tlvs = usable(all_tlvs);
  Values values = fields_of(text, tlvs);
  const auto value = [&](Field field) { return value_of(values, field).value_or(""); };
  Receipt receipt;
  receipt.tlv_id = tlvs.receipted_message_id.value_or("");
  receipt.text_id = value(Field::id);
  receipt.state = state_in(tlvs, value(Field::stat));
  if (receipt.tlv_id.empty() && receipt.text_id.empty())
    receipt.state = base::fail(base::Errc::missing, "receipt has no message id");
  receipt.has_form =
      std::ranges::all_of(kForm, [&](Field field) { return value_of(values, field).has_value(); });
  receipt.error = value(Field::err);
  receipt.network_error = network_error_of(tlvs.network_error_code);
  receipt.submitted_at = date_of(value(Field::submit_date));
  receipt.done_at = date_of(value(Field::done_date));
  receipt.submitted = number_of(value(Field::sub));
  receipt.delivered = number_of(value(Field::dlvrd));
  receipt.text = value(Field::text);
  return receipt;
}

}  // namespace msggw::sms_text

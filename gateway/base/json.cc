// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/json.h"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/error.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include "gateway/base/document_builder.h"
#include "gateway/base/text.h"

namespace msggw::base {

namespace {

using boost::json::error_code;
using JsonText = boost::json::string_view;

/// What a decimal number means: 0.DIGITS * 10^exponent, without zeros at either end.
struct Decimal {
  std::string digits;
  long exponent = 0;
  bool operator==(const Decimal&) const = default;
};

/// Of a number as JSON and std::to_chars write it, without its sign.
Decimal decimal_of(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  Decimal decimal;
  const auto end = std::min(text.find_first_of("eE"), text.size());
  if (end < text.size()) {
    const char* from = text.data() + end + 1;
    std::from_chars(*from == '+' ? from + 1 : from, text.data() + text.size(), decimal.exponent);
  }
  text = text.substr(0, end);
  decimal.exponent += static_cast<long>(std::min(text.find('.'), text.size()));
  for (const char c : text) {
    if (c != '.') decimal.digits += c;
  }
  const auto leading = std::min(decimal.digits.find_first_not_of('0'), decimal.digits.size());
  decimal.digits.erase(0, leading);
  decimal.exponent -= static_cast<long>(leading);
  decimal.digits.erase(decimal.digits.find_last_not_of('0') + 1);
  if (decimal.digits.empty()) decimal.exponent = 0;
  return decimal;
}

/// Whether `number`, which was read from `text`, is written as a number of the same meaning.
bool is_kept(std::string_view text, double number) {
  // 15 digits are told apart by every normal double.
  if (text.size() <= 15 && std::isnormal(number)) return true;
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  return decimal_of(text) == decimal_of({digits.data(), end});
}

/// The events of Boost.JSON's parser, turned into a value. Text comes whole or in parts, as the
/// parser likes.
class Handler {
 public:
  static constexpr std::size_t max_object_size = boost::json::object::max_size();
  static constexpr std::size_t max_array_size = boost::json::array::max_size();
  static constexpr std::size_t max_key_size = boost::json::string::max_size();
  static constexpr std::size_t max_string_size = boost::json::string::max_size();

  Handler(const DocumentLimits& limits, boost::json::storage_ptr storage)
      : builder_(limits, std::move(storage)) {}

  bool too_many_items() const noexcept { return too_many_items_; }
  Result<boost::json::value> finish() { return builder_.finish(); }

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code& ec) { return counted(ec); }
  bool on_object_end(std::size_t members, error_code&) {
    return builder_.push_object(members), true;
  }
  bool on_array_begin(error_code& ec) { return counted(ec); }
  bool on_array_end(std::size_t items, error_code&) { return stack().push_array(items), true; }
  bool on_key_part(JsonText part, std::size_t, error_code&) {
    return stack().push_chars(part), true;
  }
  bool on_key(JsonText part, std::size_t, error_code&) { return stack().push_key(part), true; }
  bool on_string_part(JsonText part, std::size_t, error_code&) {
    return stack().push_chars(part), true;
  }
  bool on_string(JsonText part, std::size_t, error_code& ec) {
    return counted(ec) && (stack().push_string(part), true);
  }
  bool on_number_part(JsonText, error_code&) { return true; }
  bool on_int64(std::int64_t number, JsonText, error_code& ec) {
    return counted(ec) && (stack().push_int64(number), true);
  }
  bool on_uint64(std::uint64_t number, JsonText, error_code& ec) {
    return counted(ec) && (stack().push_uint64(number), true);
  }
  bool on_double(double number, JsonText text, error_code& ec);
  bool on_bool(bool value, error_code& ec) {
    return counted(ec) && (stack().push_bool(value), true);
  }
  bool on_null(error_code& ec) { return counted(ec) && (stack().push_null(), true); }
  bool on_comment_part(JsonText, error_code&) { return true; }
  bool on_comment(JsonText, error_code&) { return true; }

 private:
  boost::json::value_stack& stack() noexcept { return builder_.stack(); }
  bool counted(error_code& ec) {
    if (builder_.count_item()) return true;
    too_many_items_ = true;
    ec = boost::json::error::array_too_large;
    return false;
  }

  DocumentBuilder builder_;
  bool too_many_items_ = false;
};

bool Handler::on_double(double number, JsonText text, error_code& ec) {
  // The parser's own conversion is off by one in the last place for one number of 17 digits in
  // seven; the standard library's is exact. It leaves `number` alone below the range of a double,
  // where the parser's zero is right. The document comes in one piece, so `text` is all of it.
  std::from_chars(text.data(), text.data() + text.size(), number);
  if (std::isfinite(number)) {
    if (!counted(ec)) return false;
    if (is_kept(text, number)) return stack().push_double(number), true;
    stack().push_chars({&kDigits, 1});
    return stack().push_string(text), true;
  }
  ec = boost::json::error::exponent_overflow;
  return false;
}

enum class Kind : std::uint8_t { plain, escaped, beyond_ascii };

/// By octet.
constexpr std::array<Kind, 256> kKinds = [] {
  std::array<Kind, 256> kinds{};
  for (std::size_t octet = 0; octet < kinds.size(); ++octet) {
    if (octet >= 0x80) kinds[octet] = Kind::beyond_ascii;
    if (octet < 0x20 || octet == '"' || octet == '\\') kinds[octet] = Kind::escaped;
  }
  return kinds;
}();

Kind kind_of(char c) noexcept {
  return kKinds[static_cast<unsigned char>(c)];
}

/// Of the octets of `word`: one beyond ASCII, one below a space, a quotation mark and a backslash
/// each set a high bit.
bool is_plain(std::uint64_t word) noexcept {
  constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101;
  const std::uint64_t quotes = word ^ '"' * kOnes;
  const std::uint64_t slashes = word ^ '\\' * kOnes;
  const std::uint64_t zeros = ((quotes - kOnes) & ~quotes) | ((slashes - kOnes) & ~slashes);
  return ((word | (word - 0x20 * kOnes) | zeros) & 0x80 * kOnes) == 0;
}

/// How many octets at the head of `text` are of that kind.
std::size_t run_of(std::string_view text, Kind kind) noexcept {
  std::size_t run = 0;
  for (std::uint64_t word; kind == Kind::plain && text.size() - run >= sizeof word;
       run += sizeof word) {
    std::memcpy(&word, text.data() + run, sizeof word);
    if (!is_plain(word)) break;
  }
  while (run < text.size() && kind_of(text[run]) == kind) ++run;
  return run;
}

void append_escaped(std::string& out, char c) {
  static constexpr char kHex[] = "0123456789abcdef";
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
  }
  const auto octet = static_cast<unsigned char>(c);
  out += "\\u00";
  out += kHex[octet >> 4];
  out += kHex[octet & 15];
}

template <class Number>
void append_number(std::string& out, Number number) {
  // "-0" would come back as an integer, and those have no negative zero.
  if (std::is_floating_point_v<Number> && number == 0 && std::signbit(number)) {
    out += "-0.0";
    return;
  }
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

void append_object(std::string& out, const boost::json::object& object) {
  out += '{';
  bool first = true;
  for (const auto& member : object) {
    if (!first) out += ',';
    first = false;
    append_json_string(out, {member.key().data(), member.key().size()});
    out += ':';
    append_json(out, member.value());
  }
  out += '}';
}

void append_array(std::string& out, const boost::json::array& array) {
  out += '[';
  bool first = true;
  for (const auto& item : array) {
    if (!first) out += ',';
    first = false;
    append_json(out, item);
  }
  out += ']';
}

}  // namespace

Result<boost::json::value> parse_json(std::string_view text, const DocumentLimits& limits) {
  return parse_json(text, limits, boost::json::storage_ptr());
}

Result<boost::json::value> parse_json(std::string_view text, const DocumentLimits& limits,
                                      boost::json::storage_ptr storage) {
  if (text.size() > limits.octets) {
    return fail(Errc::too_large,
                "the JSON text has more than " + std::to_string(limits.octets) + " octets");
  }
  boost::json::parse_options options;
  options.max_depth = limits.depth;
  boost::json::basic_parser<Handler> parser(options, limits, std::move(storage));
  error_code ec;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), ec);
  const auto at = [&](std::size_t offset) { return " at octet " + std::to_string(offset); };
  if (parser.handler().too_many_items()) {
    return fail(Errc::too_large, "more than " + std::to_string(limits.items) + " values");
  }
  if (ec == boost::json::error::too_deep) {
    return fail(Errc::too_large, "nested deeper than " + std::to_string(limits.depth) + at(read));
  }
  if (ec) return fail(Errc::malformed, "not JSON" + at(read) + ": " + ec.message());
  if (read < text.size()) return fail(Errc::malformed, "more follows the JSON text" + at(read));
  return parser.handler().finish();
}

const boost::json::value* member(const boost::json::value& value, std::string_view name) noexcept {
  const auto* object = value.if_object();
  return object == nullptr ? nullptr : object->if_contains(name);
}

std::optional<std::string_view> text_member(const boost::json::value& value,
                                            std::string_view name) noexcept {
  const auto* found = member(value, name);
  return found == nullptr ? std::nullopt : text_of(*found);
}

std::optional<std::string_view> text_of(const boost::json::value& value) noexcept {
  const auto* text = value.if_string();
  if (text == nullptr || text->starts_with(kDigits)) return std::nullopt;
  return std::string_view(text->data(), text->size());
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const Kind kind = kind_of(text[0]);
    const std::string_view run = text.substr(0, run_of(text, kind));
    switch (kind) {
      case Kind::plain: out.append(run); break;
      case Kind::escaped:
        for (const char c : run) append_escaped(out, c);
        break;
      case Kind::beyond_ascii: append_as_utf8(out, run); break;
    }
    text.remove_prefix(run.size());
  }
  out += '"';
}

void append_json(std::string& out, const boost::json::value& value) {
  switch (value.kind()) {
    case boost::json::kind::null: out += "null"; return;
    case boost::json::kind::bool_: out += value.get_bool() ? "true" : "false"; return;
    case boost::json::kind::int64: append_number(out, value.get_int64()); return;
    case boost::json::kind::uint64: append_number(out, value.get_uint64()); return;
    case boost::json::kind::double_: append_number(out, value.get_double()); return;
    case boost::json::kind::string: {
      const std::string_view text(value.get_string());
      text.starts_with(kDigits) ? void(out.append(text.substr(1))) : append_json_string(out, text);
      return;
    }
    case boost::json::kind::array: append_array(out, value.get_array()); return;
    case boost::json::kind::object: append_object(out, value.get_object()); return;
  }
}

}  // namespace msggw::base

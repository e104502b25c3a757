// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/smsc/messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <utility>

#include "tests/sim/smsc/utf.h"

namespace msggw::smsc {
namespace {

using base::Errc;
using base::fail;
using base::Result;
using boost::json::object;
using boost::json::value;

constexpr std::string_view kKeys[] = {"from",          "to",         "account",  "text",
                                      "octets",        "dataCoding", "esmClass", "sourceTon",
                                      "sourceNpi",     "destTon",    "destNpi",  "encoding",
                                      "concatenation", "reference",  "order"};

struct AlphabetWord {
  std::string_view word;
  std::optional<Alphabet> alphabet;
};
constexpr AlphabetWord kEncodings[] = {
    {"auto", std::nullopt},       {"gsm7", Alphabet::gsm7}, {"gsm7-packed", Alphabet::packed},
    {"latin1", Alphabet::latin1}, {"ucs2", Alphabet::ucs2}, {"8bit", Alphabet::binary},
};
struct ConcatenationWord {
  std::string_view word;
  Concatenation how;
};
constexpr ConcatenationWord kConcatenations[] = {{"udh8", Concatenation::udh8},
                                                 {"udh16", Concatenation::udh16},
                                                 {"sar", Concatenation::sar},
                                                 {"payload", Concatenation::payload}};

Result<std::string_view> text_member(const object& body, std::string_view key, bool needed) {
  const value* const member = body.if_contains(key);
  if (member == nullptr) {
    if (needed) return fail(Errc::missing, fmt::format("{} is missing", key));
    return std::string_view{};
  }
  if (!member->is_string()) return fail(Errc::incorrect, fmt::format("{} is not a text", key));
  return std::string_view(member->get_string());
}

/// Sets `out` when the member is there.
template <class Number>
Result<> number_member(const object& body, std::string_view key, std::uint64_t most, Number& out) {
  const value* const member = body.if_contains(key);
  if (member == nullptr) return {};
  boost::system::error_code not_exact;
  const auto number = member->is_number() ? member->to_number<std::uint64_t>(not_exact) : 0;
  if (!member->is_number() || not_exact || number > most) {
    return fail(Errc::incorrect, fmt::format("{} is not a whole number from 0 to {}", key, most));
  }
  out = static_cast<Number>(number);
  return {};
}

template <class Words, class Out, class Member>
Result<> word_member(const object& body, std::string_view key, const Words& words, Out& out,
                     Member member) {
  auto text = text_member(body, key, false);
  if (!text) return fail(text.error().code, text.error().detail);
  if (body.if_contains(key) == nullptr) return {};
  std::string known;
  for (const auto& word : words) {
    if (word.word == *text) {
      out = word.*member;
      return {};
    }
    known += fmt::format(" \"{}\"", word.word);
  }
  return fail(Errc::incorrect, fmt::format("{} is none of{}", key, known));
}

Result<> take_addresses(const object& body, Original& out) {
  for (const auto& [key, number, ton, npi] :
       {std::tuple{"from", &out.from, &out.from_ton, &out.from_npi},
        std::tuple{"to", &out.to, &out.to_ton, &out.to_npi}}) {
    const auto text = text_member(body, key, true);
    if (!text) return fail(text.error().code, text.error().detail);
    if (!parse_number(*text, *number, *ton, *npi)) {
      return fail(Errc::incorrect, fmt::format("{} is not a number of 1 to 20 characters", key));
    }
  }
  for (const auto& [key, member] :
       {std::pair{"sourceTon", &out.from_ton}, std::pair{"sourceNpi", &out.from_npi},
        std::pair{"destTon", &out.to_ton}, std::pair{"destNpi", &out.to_npi}}) {
    if (auto taken = number_member(body, key, 255, *member); !taken) return taken;
  }
  return {};
}

Result<> take_order(const object& body, Original& out) {
  const value* const member = body.if_contains("order");
  if (member == nullptr) {
    for (std::size_t i = 0; i < out.parts.size(); ++i) {
      out.order.push_back(static_cast<std::uint8_t>(i));
    }
    return {};
  }
  constexpr std::size_t kMostSteps = 1'000;
  const auto wrong = [&] {
    return fail(Errc::incorrect,
                fmt::format("order is not a list of 1 to {} part numbers from 1 to {}", kMostSteps,
                            out.parts.size()));
  };
  if (!member->is_array() || member->get_array().empty() ||
      member->get_array().size() > kMostSteps) {
    return wrong();
  }
  for (const value& part : member->get_array()) {
    boost::system::error_code not_exact;
    const auto number = part.is_number() ? part.to_number<std::uint64_t>(not_exact) : 0;
    if (not_exact || number == 0 || number > out.parts.size()) return wrong();
    out.order.push_back(static_cast<std::uint8_t>(number - 1));
  }
  return {};
}

Result<std::vector<Part>> raw_parts(const object& body, std::string_view hex,
                                    const Encoding& encoding) {
  const auto octets = from_hex(hex);
  if (!octets) return fail(Errc::incorrect, "octets are not pairs of hexadecimal digits");
  // Whole, whatever is in them, unless a concatenation is asked for.
  if (body.if_contains("concatenation") != nullptr) return parts_of_octets(*octets, encoding);
  if (octets->size() > 64'000) return fail(Errc::too_large, "more than 64,000 octets");
  Part part;
  part.is_payload = octets->size() > 254;
  part.data_coding = 4;
  part.octets = *octets;
  return std::vector<Part>{std::move(part)};
}

}  // namespace

bool parse_number(std::string_view text, std::string& number, std::uint8_t& ton,
                  std::uint8_t& npi) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    ton = npi = 1;
  }
  number = text;
  return !text.empty() && text.size() <= 20 && text.find('\0') == text.npos;
}

Result<Original> parse_original(const object& body, std::uint16_t reference) {
  for (const auto& member : body) {
    if (std::find(std::begin(kKeys), std::end(kKeys), std::string_view(member.key())) ==
        std::end(kKeys)) {
      return fail(Errc::incorrect,
                  fmt::format("unknown member; known are {}", fmt::join(kKeys, ", ")));
    }
  }
  const auto failed = [](const auto& result) {
    return fail(result.error().code, result.error().detail);
  };
  Original out;
  if (auto taken = take_addresses(body, out); !taken) return failed(taken);
  const auto account = text_member(body, "account", false);
  if (!account) return failed(account);
  out.account = *account;
  Encoding encoding;
  encoding.reference = reference;
  if (auto t = number_member(body, "reference", 0xFFFF, encoding.reference); !t) return failed(t);
  if (auto t =
          word_member(body, "encoding", kEncodings, encoding.alphabet, &AlphabetWord::alphabet);
      !t) {
    return failed(t);
  }
  if (auto t = word_member(body, "concatenation", kConcatenations, encoding.concatenation,
                           &ConcatenationWord::how);
      !t) {
    return failed(t);
  }
  const bool raw = body.if_contains("octets") != nullptr;
  const auto content = text_member(body, raw ? "octets" : "text", true);
  if (!content) return failed(content);
  if (raw && body.if_contains("text") != nullptr) {
    return fail(Errc::incorrect, "text and octets at once");
  }
  auto parts = raw ? raw_parts(body, *content, encoding) : parts_of_text(*content, encoding);
  if (!parts) return failed(parts);
  out.parts = std::move(*parts);
  for (Part& part : out.parts) {
    if (auto t = number_member(body, "dataCoding", 255, part.data_coding); !t) return failed(t);
    if (auto t = number_member(body, "esmClass", 255, part.esm_class); !t) return failed(t);
  }
  if (auto taken = take_order(body, out); !taken) return failed(taken);
  return out;
}

std::uint32_t Messages::add(Original original) {
  Message message;
  message.open = static_cast<std::uint32_t>(original.order.size());
  message.original = std::move(original);
  messages_.emplace(++last_, std::move(message));
  return last_;
}

void Messages::compose(std::uint32_t id, std::uint32_t step, Sm& out) const {
  const Original& original = at(id);
  const Part& part = original.parts[original.order[step]];
  out = Sm{};
  out.source = {original.from_ton, original.from_npi, original.from};
  out.destination = {original.to_ton, original.to_npi, original.to};
  out.esm_class = part.esm_class;
  out.data_coding = part.data_coding;
  out.is_payload = part.is_payload;
  out.octets = part.octets;
  out.segment = part.segment;
}

void Messages::sent(std::uint32_t id) {
  ++messages_.at(id).attempts;
}

void Messages::answered(std::uint32_t id, Status status) {
  Message& message = messages_.at(id);
  if (!message.rejected) message.status = status;
  if (is_temporary(status)) return;
  if (status != status::ok) message.rejected = true;
  if (--message.open > 0) return;
  message.original.parts = {};
  finished_.push_back(id);
  if (finished_.size() > kMostFinished) {
    messages_.erase(finished_.front());
    finished_.pop_front();
  }
}

std::optional<object> Messages::show(std::uint64_t id) const {
  const auto found = messages_.find(static_cast<std::uint32_t>(id));
  if (id > last_ || found == messages_.end()) return std::nullopt;
  const Message& m = found->second;
  const char* const state = m.open == 0       ? m.rejected ? "rejected" : "accepted"
                            : m.attempts == 0 ? "waiting"
                                              : "sent";
  return object{{"id", id},
                {"state", state},
                {"attempts", m.attempts},
                {"status", m.status},
                {"statusName", status_name(m.status)}};
}

}  // namespace msggw::smsc

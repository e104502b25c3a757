// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/smsc/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/string.hpp>
#include <charconv>

#include "gateway/base/json.h"

namespace msggw::smsc {
namespace {

using base::Errc;
using base::fail;
using base::Result;

constexpr Option::Word kReceipts[] = {{"asked", static_cast<int>(Receipts::asked)},
                                      {"never", static_cast<int>(Receipts::never)}};
constexpr Option::Word kForms[] = {{"text", static_cast<int>(ReceiptForm::text)},
                                   {"tlv", static_cast<int>(ReceiptForm::tlv)},
                                   {"both", static_cast<int>(ReceiptForm::both)}};
constexpr Option::Word kIds[] = {{"decimal", static_cast<int>(IdForm::decimal)},
                                 {"hex", static_cast<int>(IdForm::hex)},
                                 {"hex-upper", static_cast<int>(IdForm::hex_upper)},
                                 {"padded", static_cast<int>(IdForm::padded)},
                                 {"hex-decimal", static_cast<int>(IdForm::hex_decimal)},
                                 {"uuid", static_cast<int>(IdForm::uuid)}};
constexpr Option::Word kStates[] = {{"DELIVRD", static_cast<int>(MessageState::delivered)},
                                    {"EXPIRED", static_cast<int>(MessageState::expired)},
                                    {"DELETED", static_cast<int>(MessageState::deleted)},
                                    {"UNDELIV", static_cast<int>(MessageState::undeliverable)},
                                    {"ACCEPTD", static_cast<int>(MessageState::accepted)},
                                    {"UNKNOWN", static_cast<int>(MessageState::unknown)},
                                    {"REJECTD", static_cast<int>(MessageState::rejected)}};
constexpr Option::Word kAlphabets[] = {{"gsm7", static_cast<int>(Alphabet::gsm7)},
                                       {"gsm7-packed", static_cast<int>(Alphabet::packed)},
                                       {"latin1", static_cast<int>(Alphabet::latin1)}};

template <auto Member>
constexpr Option::Choice choice(std::span<const Option::Word> words) {
  return {[](const Behaviour& b) { return static_cast<int>(b.*Member); },
          [](Behaviour& b, int value) {
            b.*Member = static_cast<std::remove_reference_t<decltype(b.*Member)>>(value);
          },
          words};
}

constexpr double kMostRate = 1e7;
constexpr Option kOptions[] = {
    {"--system-id", "systemId", "of the SMSC itself, in bind responses", &Behaviour::system_id},
    {"--account", "accounts", "who may bind; none: anybody may", &Behaviour::accounts},
    {"--window", "window", "own deliver_sm unanswered at most, for each bind",
     Option::Number{&Behaviour::window, 1, 10'000}},
    {"--retry", "retry",
     "a deliver_sm that was cut off or had a temporary error is sent again after this",
     &Behaviour::retry},
    {"--enquire", "enquire", "silence after which enquire_link is sent; 0s: never",
     &Behaviour::enquire},
    {"--bind-within", "bindWithin", "a connection without a bind is closed after this",
     &Behaviour::bind_within},
    {"--answer-within", "answerWithin", "an own request counts as lost after this",
     &Behaviour::answer_within},
    {"--journal-most", "journalMost", "PDUs that the journal keeps; 0: no journal, for load",
     Option::Number{&Behaviour::journal_most, 0, 1'000'000}},
    {"--waiting-most", "waitingMost", "messages, and receipts, that may wait for a receiver",
     Option::Number{&Behaviour::waiting_most, 1, 100'000'000}},
    {"--phones-most", "phonesMost", "numbers whose short messages are kept",
     Option::Number{&Behaviour::phones_most, 0, 10'000'000}},
    {"--alphabet", "alphabet", "what data_coding 0 means",
     choice<&Behaviour::alphabet>(kAlphabets)},
    {"--receipts", "receipts", "who gets a delivery receipt",
     choice<&Behaviour::receipts>(kReceipts)},
    {"--receipt-delay", "receiptDelay", "from submit_sm to its receipt", &Behaviour::receipt_delay},
    {"--receipt-jitter", "receiptJitter",
     "more delay, random up to this, so that receipts change their order",
     &Behaviour::receipt_jitter},
    {"--receipt-loss", "receiptLoss", "share of receipts that are never sent",
     Option::Real{&Behaviour::receipt_loss, 1}},
    {"--receipt-before-response", "receiptBeforeResponse",
     "share of receipts that leave before the submit_sm_resp",
     Option::Real{&Behaviour::receipt_before_response, 1}},
    {"--receipt-state", "receiptState", "what the receipts say",
     choice<&Behaviour::receipt_state>(kStates)},
    {"--receipt-form", "receiptForm", "receipts as text, as TLVs or as both",
     choice<&Behaviour::receipt_form>(kForms)},
    {"--id-form", "idForm", "how message ids are written", choice<&Behaviour::id_form>(kIds)},
    {"--crossing", "crossing",
     "share of binds and unbinds that messages cross: they leave before the response",
     Option::Real{&Behaviour::crossing, 1}},
    {"--throttle", "throttle", "submits a second above which they get ESME_RTHROTTLED; 0: any",
     Option::Real{&Behaviour::throttle, kMostRate}},
    {"--queue-full", "queueFull", "submits a second above which they get ESME_RMSGQFUL; 0: any",
     Option::Real{&Behaviour::queue_full, kMostRate}},
    {"--refuse-binds", "refuseBinds", "so many binds to come are refused",
     Option::Number{&Behaviour::refuse_binds, 0, 1'000'000'000}},
    {"--refuse-status", "refuseStatus", "with this command_status",
     Option::Number{&Behaviour::refuse_status, 1, 0xFFFFFFFF}},
    {"--seed", "seed", "of all that is random; 0: another one each time",
     Option::Number{&Behaviour::seed, 0, ~std::uint64_t{0} >> 1}},
};

Result<> wrong(const Option& option, std::string_view allowed) {
  return fail(Errc::incorrect, fmt::format("{}: {}", option.key, allowed));
}

constexpr std::size_t kMostAccounts = 1'000;
bool is_account(std::string_view text) {
  const auto colon = text.find(':');
  return colon != text.npos && colon > 0 && colon <= 15 && text.size() - colon - 1 <= 8 &&
         text.find('\0') == text.npos;
}

/// Sets one kind of member from a JSON value.
struct Setter {
  Behaviour& behaviour;
  const Option& option;
  const boost::json::value& value;

  Result<> operator()(const Option::Choice& choice) const {
    std::string allowed = "one of";
    for (const auto& word : choice.words) {
      if (value.is_string() && std::string_view(value.get_string()) == word.text) {
        choice.set(behaviour, word.value);
        return {};
      }
      allowed += fmt::format(" \"{}\"", word.text);
    }
    return wrong(option, allowed);
  }
  Result<> operator()(const Option::Number& number) const {
    boost::system::error_code not_exact;
    const auto given = value.is_number() ? value.to_number<std::uint64_t>(not_exact) : 0;
    if (!value.is_number() || not_exact || given < number.least || given > number.most) {
      return wrong(option, fmt::format("a whole number from {} to {}", number.least, number.most));
    }
    behaviour.*number.member = given;
    return {};
  }
  Result<> operator()(const Option::Real& real) const {
    const double given = value.is_number() ? value.to_number<double>() : -1;
    if (!(given >= 0 && given <= real.most)) {
      return wrong(option, fmt::format("a number from 0 to {}", real.most));
    }
    behaviour.*real.member = given;
    return {};
  }
  Result<> operator()(Span Behaviour::* member) const {
    const auto span = value.is_string() ? parse_span(value.get_string()) : std::nullopt;
    if (!span) return wrong(option, "a time like \"500ms\", \"2s\", \"5m\", \"1h\"");
    behaviour.*member = *span;
    return {};
  }
  Result<> operator()(std::string Behaviour::* member) const {
    if (!value.is_string() || value.get_string().size() > 15 ||
        std::string_view(value.get_string()).find('\0') != std::string_view::npos) {
      return wrong(option, "a text of at most 15 characters");
    }
    behaviour.*member = std::string(value.get_string());
    return {};
  }
  Result<> operator()(std::vector<std::string> Behaviour::* member) const {
    std::vector<std::string> texts;
    if (value.is_array() && value.get_array().size() <= kMostAccounts) {
      for (const auto& entry : value.get_array()) {
        if (entry.is_string() && is_account(entry.get_string())) {
          texts.emplace_back(entry.get_string());
        }
      }
    }
    if (!value.is_array() || texts.size() != value.get_array().size()) {
      return wrong(option,
                   "a list of at most 1000 \"system_id:password\", 15 and 8 characters at most");
    }
    behaviour.*member = std::move(texts);
    return {};
  }
};

boost::json::value value_of(const Behaviour& behaviour, const Option& option) {
  struct Getter {
    const Behaviour& b;
    boost::json::value operator()(const Option::Choice& choice) const {
      const int value = choice.get(b);
      const auto word = std::find_if(choice.words.begin(), choice.words.end(),
                                     [&](const auto& w) { return w.value == value; });
      base::ensure(word != choice.words.end(), "an option without its word");
      return boost::json::string(word->text);
    }
    boost::json::value operator()(const Option::Number& n) const { return b.*n.member; }
    boost::json::value operator()(const Option::Real& r) const { return b.*r.member; }
    boost::json::value operator()(Span Behaviour::* m) const {
      return boost::json::string(print_span(b.*m));
    }
    boost::json::value operator()(std::string Behaviour::* m) const {
      return boost::json::string(b.*m);
    }
    boost::json::value operator()(std::vector<std::string> Behaviour::* m) const {
      boost::json::array texts;
      for (const std::string& text : b.*m) texts.emplace_back(text);
      return texts;
    }
  };
  return std::visit(Getter{behaviour}, option.member);
}

}  // namespace

std::span<const Option> options() {
  return kOptions;
}

std::optional<Span> parse_span(std::string_view text) {
  std::uint32_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  if (error != std::errc{}) return std::nullopt;
  const std::int64_t each = unit == "ms"  ? 1
                            : unit == "s" ? 1'000
                            : unit == "m" ? 60'000
                            : unit == "h" ? 3'600'000
                                          : 0;
  constexpr std::int64_t kMost = 24 * 3'600'000;
  if (each == 0 || count * each > kMost) return std::nullopt;
  return Span(count * each);
}

std::string print_span(Span span) {
  const auto ms = span.count();
  return ms % 1000 == 0 ? fmt::format("{}s", ms / 1000) : fmt::format("{}ms", ms);
}

Result<> set_option(Behaviour& behaviour, const Option& option, std::string_view text) {
  boost::json::value value;
  if (std::holds_alternative<Option::Number>(option.member) ||
      std::holds_alternative<Option::Real>(option.member)) {
    std::uint64_t hex = 0;  // a command_status is known to people by its hexadecimal number
    const auto digits = text.starts_with("0x") ? text.substr(2) : std::string_view{};
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), hex, 16);
    auto number = base::parse_json(text, {});
    if (!digits.empty() && error == std::errc{} && end == digits.data() + digits.size()) {
      value = hex;
    } else if (number) {
      value = std::move(*number);
    }
  } else if (std::holds_alternative<std::vector<std::string> Behaviour::*>(option.member)) {
    value = value_of(behaviour, option);
    value.get_array().emplace_back(boost::json::string(text));
  } else {
    value = boost::json::string(text);
  }
  return std::visit(Setter{behaviour, option, value}, option.member);
}

boost::json::object to_json(const Behaviour& behaviour) {
  boost::json::object out;
  for (const Option& option : kOptions) out[option.key] = value_of(behaviour, option);
  return out;
}

Result<> change(Behaviour& behaviour, const boost::json::object& changes) {
  Behaviour changed = behaviour;
  for (const auto& member : changes) {
    const auto option =
        std::find_if(std::begin(kOptions), std::end(kOptions),
                     [&](const Option& o) { return o.key == std::string_view(member.key()); });
    if (option == std::end(kOptions)) {
      std::string known;
      for (const Option& o : kOptions) known += (known.empty() ? "" : ", ") + std::string(o.key);
      return fail(Errc::incorrect, fmt::format("unknown option; the options are {}", known));
    }
    if (auto set = std::visit(Setter{changed, *option, member.value()}, option->member); !set) {
      return set;
    }
  }
  behaviour = std::move(changed);
  return {};
}

}  // namespace msggw::smsc

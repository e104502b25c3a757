// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gateway/base/result.h"
#include "tests/sim/smsc/short_text.h"
#include "tests/sim/smsc/wire.h"

namespace msggw::smsc {

using Span = std::chrono::milliseconds;

enum class ReceiptForm { text, tlv, both };
enum class Receipts { asked, never };
/// How a message id looks; hex_decimal: hexadecimal in submit_sm_resp, decimal in the receipt.
enum class IdForm : std::uint8_t { decimal, hex, hex_upper, padded, hex_decimal, uuid };
/// SMPP 3.4, 5.2.28; the numbers are those of the TLV.
enum class MessageState : std::uint8_t {
  delivered = 2,
  expired = 3,
  deleted = 4,
  undeliverable = 5,
  accepted = 6,
  unknown = 7,
  rejected = 8,
};

/// How the SMSC behaves: all that a tester can change while it runs.
struct Behaviour {
  std::string system_id = "smsc";
  std::vector<std::string> accounts;  ///< "system_id:password"; none: anybody may bind
  std::uint64_t window = 10;          ///< own deliver_sm unanswered, for each bind
  Span retry{1'000};
  Span enquire{30'000};
  Span bind_within{10'000};
  Span answer_within{10'000};
  std::uint64_t journal_most = 10'000;
  std::uint64_t waiting_most = 1'000'000;  ///< messages and receipts that wait, each
  std::uint64_t phones_most = 100'000;
  Alphabet alphabet = Alphabet::gsm7;  ///< what data_coding 0 means
  Receipts receipts = Receipts::asked;
  Span receipt_delay{0};
  Span receipt_jitter{0};
  double receipt_loss = 0;
  double receipt_before_response = 0;
  MessageState receipt_state = MessageState::delivered;
  ReceiptForm receipt_form = ReceiptForm::both;
  IdForm id_form = IdForm::decimal;
  double crossing = 0;  ///< share of binds and unbinds that a message crosses
  double throttle = 0;  ///< submits a second, 0: any
  double queue_full = 0;
  std::uint64_t refuse_binds = 0;
  std::uint64_t refuse_status = status::bind_failed;
  std::uint64_t seed = 0;  ///< 0: a different run every time
};

/// One member of Behaviour, for the command line and for GET and PUT /options.
struct Option {
  std::string_view flag;  ///< "--receipt-delay"
  std::string_view key;   ///< "receiptDelay"
  std::string_view help;
  struct Word {
    std::string_view text;
    int value;
  };
  struct Choice {
    int (*get)(const Behaviour&);
    void (*set)(Behaviour&, int);
    std::span<const Word> words;
  };
  struct Number {
    std::uint64_t Behaviour::* member;
    std::uint64_t least;
    std::uint64_t most;
  };
  struct Real {
    double Behaviour::* member;
    double most;
  };
  using Member = std::variant<Choice, Number, Real, Span Behaviour::*, std::string Behaviour::*,
                              std::vector<std::string> Behaviour::*>;
  Member member;
};
std::span<const Option> options();

/// "500ms", "2s", "5m", "1h".
std::optional<Span> parse_span(std::string_view text);
std::string print_span(Span span);

/// Sets one option from the text of the command line. incorrect: the detail says what is allowed.
base::Result<> set_option(Behaviour& behaviour, const Option& option, std::string_view text);

boost::json::object to_json(const Behaviour& behaviour);
/// Changes the options that `changes` names, all or none. incorrect: an unknown key or a wrong
/// value; the detail says what is allowed.
base::Result<> change(Behaviour& behaviour, const boost::json::object& changes);

}  // namespace msggw::smsc

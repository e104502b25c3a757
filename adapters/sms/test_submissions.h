// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapters/sms/submissions.h"

namespace msggw::sms::test {

/// Submissions with two SMSCs and an owner played by the test.
struct SubmissionsWorld {
  explicit SubmissionsWorld(Options given = {}) : options(std::move(given)) {
    base::log::set_up(base::log::Level::error, base::log::Format::text);
    while (options.all.size() < 2) options.all.push_back(options.smsc);
    submissions.emplace(options, base::HashKey{1, 2}, 7, registry);
    Submissions::Owner owner;
    owner.begun = [](std::uint64_t, SmscNo, std::size_t) {};
    owner.accepted = [](std::uint64_t, SmscNo, std::size_t, const std::string&) {};
    owner.ended = [this](std::uint64_t no, Submissions::End, std::optional<smpp::Status>, bool) {
      ended.push_back(no);
    };
    submissions->set_owner(std::move(owner));
    set_up(0, true);
  }

  void set_up(std::size_t smsc, bool up) { submissions->set_up(SmscNo{smsc}, up); }

  void add(const std::string& text, std::size_t smsc = 0) {
    Outgoing out{text, "+4915112345678", {0, 1, "12345"}, SmscNo{smsc}};
    out.no = ++added;
    out.receipt = Outgoing::Receipt::counted;
    out.expires = now + options.outgoing_lifetime;
    submissions->add(std::move(out));
  }
  std::optional<Submissions::Submit> next(std::size_t smsc = 0) {
    if (!submissions->has_next(SmscNo{smsc}, now)) return std::nullopt;
    return submissions->next(SmscNo{smsc}, now);
  }
  bool answer(smpp::Ticket ticket, smpp::Status status, const std::string& id = "",
              std::size_t smsc = 0) {
    smpp::Pdu pdu{{smpp::response_to(smpp::Command::submit_sm), status, 1}, smpp::Empty{}};
    if (status == smpp::Status::ok) pdu.body = smpp::MessageResponse{id};
    return submissions->answered(SmscNo{smsc}, ticket, pdu, now);
  }
  void receipt(const std::string& id,
               sms_text::MessageState state = sms_text::MessageState::delivered,
               std::size_t smsc = 0) {
    sms_text::Receipt receipt;
    receipt.text_id = id;
    receipt.state = state;
    submissions->receipts().received(SmscNo{smsc}, {receipt}, now);
  }
  void pass(base::Duration time) {
    now += time;
    submissions->tick(now);
  }
  double count(const std::string& name, const std::string& label, const std::string& value) {
    return base::metrics::counter(registry, "msggw_sms_" + name + "_total", "", {{label, value}})
        .Value();
  }
  double receipts(const std::string& result) { return count("receipts", "result", result); }
  double ends(const std::string& end) { return count("messages_out", "end", end); }

  Options options;
  base::metrics::Registry registry;
  std::uint64_t added = 0;
  std::vector<std::uint64_t> ended;  ///< as the owner was told
  base::TimePoint now{std::chrono::seconds{1'800'000'000}};
  std::optional<Submissions> submissions;
};

inline std::string long_text(std::size_t characters) {
  std::string text;
  while (text.size() < characters) text += "abcdefghij";
  text.resize(characters);
  return text;
}

}  // namespace msggw::sms::test

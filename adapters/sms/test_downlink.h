// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "adapters/sms/test_world.h"
#include "storage/device_record.h"

namespace msggw::sms::test {

/// A gateway with messages, and phones that the test's MSGin5G Server writes to.
class DownlinkWorld : public World {
 public:
  DownlinkWorld() {
    add_smsc().answers = false;
    offers_messages = true;
  }

  /// The phone registers, and gets the Service ID "sid-0", the next one "sid-1".
  void enter(const std::string& phone) {
    if (!adapter) start();
    base::ensure(write(phone, "hello") == smpp::Status::ok, "a phone may register");
    base::ensure(until([&] { return asks > 0; }), "it has a Service ID");
    settle();
  }
  void settle() {
    for (int i = 0; i < 6; ++i) turn();
  }

  messages::Message message(const std::string& id, const std::string& content,
                            const std::string& to = "sid-0", const std::string& from = "as-1") {
    messages::Message message = msggw::test::Messages::message(to, id, content);
    message.from.address = from;
    message.wants_report = true;
    return message;
  }
  void deliver(messages::Message message) {
    messages->deliver(std::move(message), messages::Role::l3g);
  }
  /// The next submit_sm that is not answered yet.
  TestSmsc::Submitted next_submit() {
    base::ensure(until([&] { return !smsc().submits.empty(); }), "something is submitted");
    TestSmsc::Submitted submit = std::move(smsc().submits.front());
    smsc().submits.pop_front();
    return submit;
  }
  void accept(const std::string& id) {
    smsc().answer(next_submit(), smpp::Status::ok, id);
    settle();
  }
  /// Whether the SMSC gets no more to send for a while.
  bool is_quiet() {
    settle();
    return smsc().submits.empty();
  }
  std::uint64_t receipt(const std::string& id, const std::string& state = "DELIVRD",
                        const std::string& phone = "4915112345678") {
    smpp::Message receipt =
        mo(phone, "id:" + id + " sub:001 dlvrd:001 submit date:2611231200 done date:2611231201 " +
                      "stat:" + state + " err:000 text:");
    receipt.esm_class = 0x04;
    return smsc().deliver(receipt);
  }
  std::string after_receipt(const std::string& id, const std::string& state = "DELIVRD") {
    const std::uint64_t name = receipt(id, state);
    base::ensure(until([&] { return smsc().answer_to(name).has_value(); }), "it is answered");
    return reports();
  }
  /// What the server has been told since: "m1 ok", "m2 EXPIRED", with blanks between.
  std::string reports() {
    settle();
    std::string told;
    for (const auto& carried : messages->take_up()) {
      const auto* const report = std::get_if<messages::Report>(&carried);
      if (report == nullptr) continue;
      if (!told.empty()) told += ' ';
      told += report->message_id + ' ' + (report->delivered ? "ok" : report->failure_cause);
    }
    settle();
    return told;
  }
  double brought(const std::string& outcome) {
    return metric("msggw_sms_brought_total{outcome=\"" + outcome + "\"}");
  }

 private:
  /// What hangs is the store of both.
  void play() override {
    messages->commits = commits;
    World::play();
  }
};

}  // namespace msggw::sms::test

// SPDX-License-Identifier: Apache-2.0
// Messages for phones while nothing dies.
#include "adapters/sms/downlink.h"

#include <doctest/doctest.h>

#include "adapters/sms/test_downlink.h"

namespace smpp = msggw::smpp;
namespace sms_text = msggw::sms_text;
namespace messages = msggw::messages;
namespace storage = msggw::storage;
using msggw::sms::Piece;
using msggw::sms::piece_of;
using msggw::sms::text_of;
using msggw::sms::test::DownlinkWorld;
using msggw::sms::test::mo;

namespace {

constexpr const char* kPhone = "4915112345678";

}  // namespace

TEST_CASE("a text goes to the phone, and its receipt is its report") {
  DownlinkWorld world;
  world.options.source = "12345";
  world.enter(kPhone);
  auto message = world.message("m1",
                               "Gr\xC3\xBC\xC3\x9F"
                               "e");
  message.priority = messages::Priority::high;
  world.deliver(std::move(message));
  const auto submit = world.next_submit();
  CHECK(submit.message.destination == smpp::Address{1, 1, kPhone});
  CHECK(submit.message.source.text == "12345");
  CHECK(submit.message.registered_delivery == 1);
  CHECK(submit.message.priority == 1);
  CHECK(submit.message.data_coding == 0);
  CHECK(submit.message.validity.starts_with("00000"));
  CHECK(submit.message.validity.ends_with("000R"));
  CHECK(world.reports().empty());
  world.smsc().answer(submit, smpp::Status::ok, "id1");
  CHECK(world.reports().empty());
  CHECK(world.after_receipt("id1", "ENROUTE").empty());
  CHECK(world.after_receipt("id1", "ACCEPTD").empty());
  CHECK(world.after_receipt("id1") == "m1 ok");
  CHECK(world.after_receipt("id1").empty());
  CHECK(world.metric("msggw_sms_receipts_total{result=\"repeated\"}") == 1);
  CHECK(world.rows(storage::kTracking) == 0);
  CHECK(world.brought("delivered") == 1);
}

TEST_CASE("where nobody wants a report no receipt is asked for, and the SMSC's word is the end") {
  DownlinkWorld world;
  world.enter(kPhone);
  auto message = world.message("m1", "hello");
  message.wants_report = false;
  world.deliver(message);
  message.message_id = "m2";
  world.deliver(std::move(message));
  const auto submit = world.next_submit();
  CHECK(submit.message.registered_delivery == 0);
  CHECK(world.is_quiet());  // the next one of the phone waits for this one
  world.smsc().answer(submit, smpp::Status::ok, "id1");
  world.accept("id2");
  CHECK(world.metric("msggw_messages_done_total{kind=\"message_down\"}") == 2);
  CHECK(world.brought("accepted") == 2);
  CHECK(world.reports().empty());
  CHECK(world.rows(storage::kTracking) == 0);
}

TEST_CASE("nothing is submitted before it is durable that it is") {
  DownlinkWorld world;
  world.enter(kPhone);
  world.deliver(world.message("m1", "hello"));
  world.turn();
  world.commits = false;
  CHECK(world.is_quiet());
  world.commits = true;
  world.accept("id1");
  CHECK(world.rows(storage::kTracking) == 1);
}

TEST_CASE("a receipt is acknowledged when what it says is durable") {
  DownlinkWorld world;
  world.enter(kPhone);
  world.deliver(world.message("m1", "hello"));
  world.accept("id1");
  world.commits = false;
  const auto name = world.receipt("id1");
  world.settle();
  CHECK_FALSE(world.smsc().answer_to(name));
  world.commits = true;
  CHECK(world.until([&] { return world.smsc().answer_to(name) == smpp::Status::ok; }));
}

TEST_CASE("what the SMSC has accepted does not hold up the next one of the phone") {
  DownlinkWorld world;
  world.enter(kPhone);
  for (const char* const id : {"m1", "m2", "m3"}) world.deliver(world.message(id, id));
  for (const char* const id : {"m1", "m2", "m3"}) {
    const auto submit = world.next_submit();
    CHECK(submit.message.short_message == id);
    CHECK(world.is_quiet());
    world.smsc().answer(submit, smpp::Status::ok, std::string("id-") + id);
  }
  CHECK(world.after_receipt("id-m2") == "m2 ok");
  CHECK(world.after_receipt("id-m1", "UNDELIV") == "m1 RECIPIENT_UNREACHABLE");
  CHECK(world.after_receipt("id-m3", "EXPIRED") == "m3 EXPIRED");
}

TEST_CASE("each final state of a receipt has its cause") {
  DownlinkWorld world;
  world.enter(kPhone);
  const std::pair<const char*, const char*> causes[] = {{"REJECTD", "m REJECTED_BY_DEVICE"},
                                                        {"DELETED", "m REJECTED_BY_DEVICE"},
                                                        {"UNKNOWN", "m INTERNAL_ERROR"},
                                                        {"UNDELIV", "m RECIPIENT_UNREACHABLE"},
                                                        {"EXPIRED", "m EXPIRED"},
                                                        {"DELIVRD", "m ok"}};
  for (const auto& [state, report] : causes) {
    CAPTURE(state);
    world.deliver(world.message("m", state));
    world.accept(state);
    CHECK(world.after_receipt(state, state) == report);
  }
}

TEST_CASE("a long message is delivered when all of its parts are") {
  DownlinkWorld world;
  world.enter(kPhone);
  world.deliver(world.message("m1", std::string(400, 'x')));
  for (const char* const id : {"a", "b", "c"}) world.accept(id);
  CHECK(world.after_receipt("b").empty());
  CHECK(world.after_receipt("b").empty());
  CHECK(world.after_receipt("c").empty());
  CHECK(world.after_receipt("a") == "m1 ok");
}

TEST_CASE("one part that fails is the end, and what the others say is late") {
  DownlinkWorld world;
  world.enter(kPhone);
  world.deliver(world.message("m1", std::string(400, 'x')));
  world.accept("a");
  CHECK(world.after_receipt("a", "UNDELIV") == "m1 RECIPIENT_UNREACHABLE");
  world.accept("b");
  world.accept("c");
  CHECK(world.after_receipt("b").empty());
  CHECK(world.metric("msggw_sms_receipts_total{result=\"late\"}") == 1);
}

TEST_CASE("a receipt that comes before the SMSC's answer waits for it") {
  DownlinkWorld world;
  world.enter(kPhone);
  world.deliver(world.message("m1", "hello"));
  const auto submit = world.next_submit();
  CHECK(world.after_receipt("id1").empty());
  world.smsc().answer(submit, smpp::Status::ok, "id1");
  CHECK(world.reports() == "m1 ok");
  CHECK(world.rows(storage::kTracking) == 0);
}

TEST_CASE("three alphabets, and octets that are no text") {
  DownlinkWorld world;
  world.enter(kPhone);
  const std::tuple<const char*, std::string, int> texts[] = {
      {"ascii", "plain", 0},
      {"euro", "5 \xE2\x82\xAC", 0},
      {"kanji", "\xE6\xBC\xA2", 8},
      {"octets", std::string("\xFF\x00\x80", 3), 4}};
  for (const auto& [id, text, coding] : texts) {
    CAPTURE(id);
    world.deliver(world.message(id, text));
    const auto submit = world.next_submit();
    CHECK(submit.message.data_coding == coding);
    const auto alphabet =
        sms_text::coding_of(submit.message.data_coding, sms_text::DefaultCoding::gsm7_unpacked)
            .alphabet;
    CHECK(sms_text::decode(alphabet, submit.message.short_message) == text);
    world.smsc().answer(submit, smpp::Status::ok, id);
  }
}

TEST_CASE("what needs too many parts fails, and that can be told at once") {
  DownlinkWorld world;
  world.options.max_parts = 3;
  world.enter(kPhone);
  const std::string most(3 * 153, 'x');
  const msggw::core::DeviceNo device{0};
  CHECK(world.adapter->can_bring(device, most));
  CHECK_FALSE(world.adapter->can_bring(device, most + 'x'));
  world.deliver(world.message("m1", most + 'x'));
  CHECK(world.reports() == "m1 PAYLOAD_TOO_LARGE");
  CHECK(world.is_quiet());
}

TEST_CASE("what the SMSC refuses ends with the cause, and what it puts off does not") {
  DownlinkWorld world;
  world.enter(kPhone);
  world.deliver(world.message("m1", "hello"));
  world.smsc().answer(world.next_submit(), smpp::Status::invalid_destination, "");
  CHECK(world.reports() == "m1 UNKNOWN_RECIPIENT");
  world.deliver(world.message("m2", "hello"));
  world.smsc().answer(world.next_submit(), smpp::Status::permanent_application_error, "");
  CHECK(world.reports() == "m2 REFUSED");
  world.deliver(world.message("m3", "hello"));
  world.smsc().answer(world.next_submit(), smpp::Status::throttled, "");
  world.accept("id3");
  CHECK(world.after_receipt("id3") == "m3 ok");
}

TEST_CASE("phones for which the SMSC says later do not hold up the others") {
  DownlinkWorld world;
  world.options.smsc.window = 2;
  world.options.smsc.rate = 10;
  constexpr std::size_t kPhones = 12;  // more than are taken from the store at a time
  for (std::size_t i = 0; i < kPhones; ++i) world.enter("4915" + std::to_string(100'000'000 + i));
  world.deliver(world.message("first", "first", "sid-0"));
  for (std::size_t i = 1; i < kPhones; ++i)
    world.deliver(world.message("m", "hello", "sid-" + std::to_string(i)));
  for (std::size_t i = 0; i + 1 < kPhones; ++i)
    world.smsc().answer(world.next_submit(), smpp::Status::temporary_application_error, "");
  CHECK(world.next_submit().message.destination.text.starts_with("4915"));
}

TEST_CASE("while the SMSC is away messages wait in their lane, and go in order when it is back") {
  DownlinkWorld world;
  world.enter(kPhone);
  world.smsc().close();
  world.smsc().cut();
  REQUIRE(world.until([&] { return !world.adapter->is_connected(); }));
  for (const char* const id : {"m1", "m2"}) world.deliver(world.message(id, id));
  world.settle();
  CHECK(world.rows(storage::kTracking) == 0);
  CHECK(world.messages->queue().in_hand == 0);
  world.smsc().open();
  for (const char* const id : {"m1", "m2"}) {
    const auto submit = world.next_submit();
    CHECK(submit.message.short_message == id);
    world.smsc().answer(submit, smpp::Status::ok, id);
  }
}

TEST_CASE("what was submitted and not answered goes again, and one of two receipts counts") {
  DownlinkWorld world;
  world.enter(kPhone);
  world.deliver(world.message("m1", "hello"));
  world.next_submit();
  world.smsc().cut();
  world.accept("id2");
  CHECK(world.after_receipt("id1").empty());  // of the first, whose answer was lost
  CHECK(world.after_receipt("id2") == "m1 ok");
}

TEST_CASE("a message goes to the port of its application, from one that is its peer's") {
  using sms_text::Ports;
  DownlinkWorld world;
  world.options.sources = {"101:16001", "101:16002"};
  world.options.routes.applications = {{16'000, "meter"}, {16'009, "meter"}};
  SUBCASE("in the header") {}
  SUBCASE("in TLVs") {
    world.options.smsc.long_messages = sms_text::ReferenceForm::sar;
  }
  world.enter(kPhone);
  const auto ports_of = [&](const std::string& id, const std::string& from,
                            const std::string& application,
                            const std::string& content) -> std::optional<Ports> {
    auto message = world.message(id, content, "sid-0", from);
    message.application = application;
    world.deliver(std::move(message));
    const auto submit = world.next_submit();
    const Piece piece = piece_of(submit.message, sms_text::DefaultCoding::gsm7_unpacked);
    CHECK(submit.message.source.text == "101");
    CHECK(text_of(piece).body == content);
    world.smsc().answer(submit, smpp::Status::ok, id);
    world.settle();
    return piece.ports;
  };
  CHECK(ports_of("m1", "as-1", "meter", "hello") == Ports{16'000, 16'001});
  CHECK(ports_of("m2", "as-2", "meter", "hello") == Ports{16'000, 16'002});
  CHECK(ports_of("m3", "as-1", "meter", std::string(1, '\xff')) == Ports{16'000, 16'001});
  CHECK_FALSE(ports_of("m4", "as-1", "other", "hello"));
  smpp::Message reply = mo(kPhone, "yes");
  reply.destination = {0, 1, "101"};
  reply.source_port = 16'000;
  const auto answered_to = [&](std::uint16_t port) {
    CHECK(world.reports().empty());
    reply.destination_port = port;
    const auto id = world.smsc().deliver(reply);
    CHECK(world.until([&] { return world.smsc().answer_to(id) == smpp::Status::ok; }));
    world.settle();
    std::string told;
    for (const auto& carried : world.messages->take_up()) {
      const auto& message = std::get<messages::Message>(carried);
      told += message.to.address + ' ' + message.application;
    }
    world.settle();
    return told;
  };
  CHECK(answered_to(16'002) == "as-2 meter");
  reply.short_message = "and no";
  CHECK(answered_to(16'001) == "as-1 meter");
}

TEST_CASE("a long message to a port has room for it in each part") {
  DownlinkWorld world;
  world.options.routes.applications = {{16'000, "meter"}};
  world.enter(kPhone);
  const std::string content(300, 'x');
  auto message = world.message("m1", content);
  message.application = "meter";
  world.deliver(std::move(message));
  std::string whole;
  for (int part = 0; part < 3; ++part) {
    const auto submit = world.next_submit();
    const Piece piece = piece_of(submit.message, sms_text::DefaultCoding::gsm7_unpacked);
    CHECK(piece.ports == sms_text::Ports{16'000, 16'000});
    CHECK(piece.total == 3);
    CHECK(submit.message.short_message.size() <= 160);
    whole += piece.data;
    world.smsc().answer(submit, smpp::Status::ok, "id" + std::to_string(part));
    world.settle();
  }
  CHECK(whole == content);
}

TEST_CASE("each of several peers of a phone has a source number for itself") {
  DownlinkWorld world;
  world.options.sources = {"101", "102", "103"};
  world.enter(kPhone);
  const auto source_of = [&](const std::string& id, const std::string& from) {
    world.deliver(world.message(id, "hello", "sid-0", from));
    const auto submit = world.next_submit();
    world.smsc().answer(submit, smpp::Status::ok, id);
    world.settle();
    return submit.message.source.text;
  };
  CHECK(source_of("m1", "as-1") == "101");
  CHECK(source_of("m2", "as-2") == "102");
  CHECK(source_of("m3", "ue-3") == "103");
  CHECK(source_of("m4", "as-1") == "101");
  world.restart();
  CHECK(source_of("m5", "ue-3") == "103");
  auto& side = world.messages->device_side();
  const auto peer_at = [&](const std::string& number) {
    const auto peer =
        side.peer_of(msggw::core::DeviceNo{0}, "", side.own_number(number), world.clock.now());
    return peer ? peer->address : "nobody";
  };
  CHECK(peer_at("101") == "as-1");
  CHECK(peer_at("102") == "as-2");
  CHECK(peer_at("103") == "ue-3");
}

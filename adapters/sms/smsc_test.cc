// SPDX-License-Identifier: Apache-2.0
// Binds, what becomes of them, and the pace, against an SMSC on the loop of the test.
#include "adapters/sms/smsc.h"

#include <doctest/doctest.h>

#include "adapters/sms/test_world.h"
#include "tests/support/events.h"

using msggw::smpp::Status;
using msggw::sms::test::mo;
using msggw::sms::test::World;
namespace sms = msggw::sms;
namespace smpp = msggw::smpp;
using namespace std::chrono_literals;

namespace {

std::string number(int i) {
  return "49151" + std::to_string(10'000'000 + i);
}

const sms::Connection& connection_of(World& world) {
  return *world.adapter->smscs()[0]->connections()[0];
}

/// It says so until it is bound; that it waits is over too soon to be seen.
bool has_failed(World& world) {
  return !connection_of(world).reason().empty();
}

}  // namespace

TEST_CASE("a transceiver has one connection, transmitter and receiver have two") {
  for (const auto mode : {sms::BindMode::transceiver, sms::BindMode::transmitter_and_receiver}) {
    World world;
    world.options.smsc.bind = mode;
    world.options.smsc.system_id = "gw";
    world.options.smsc.password = "secret";
    world.options.answer = "{serviceId}";
    world.start();
    const std::size_t wanted = mode == sms::BindMode::transceiver ? 1 : 2;
    REQUIRE(world.until([&] { return world.smsc().bound() == wanted; }));
    CHECK(world.smsc().binds.size() == wanted);
    CHECK(world.smsc().binds[0].system_id == "gw");
    CHECK(world.smsc().binds[0].password == "secret");
    CHECK(world.write("4915112345678", "hello") == Status::ok);
    REQUIRE(world.until([&] { return world.smsc().received.size() == 1; }));
  }
}

TEST_CASE("a receiver alone takes in and says nothing") {
  World world;
  world.options.smsc.bind = sms::BindMode::receiver;
  world.options.answer = "{serviceId}";
  world.start();
  CHECK(world.write("4915112345678", "hello") == Status::ok);
  for (int i = 0; i < 20; ++i) world.turn();
  CHECK(world.smsc().received.empty());
  CHECK(world.metric("msggw_messages_waiting") == 1);
}

TEST_CASE("a lost connection comes back, whether it was cut or taken leave of") {
  World world;
  world.start();
  REQUIRE(world.until([&] { return world.adapter->is_connected(); }));
  const auto binds = [&] { return world.metric("msggw_sms_binds_total{smsc=\"smsc-1\"}"); };
  world.smsc().cut();
  REQUIRE(world.until([&] { return binds() == 2; }));
  world.smsc().unbind();
  REQUIRE(world.until([&] { return binds() == 3; }));
  CHECK(world.metric("msggw_sms_bind_failures_total{smsc=\"smsc-1\"}") == 2);
}

TEST_CASE("a bind that is refused is tried again, and the reason is known") {
  World world;
  world.add_smsc().bind_status = Status::invalid_password;
  world.start();
  REQUIRE(world.until([&] { return world.smsc().binds.size() >= 3; }));
  CHECK_FALSE(world.adapter->is_connected());
  CHECK(connection_of(world).reason().find("ESME_RINVPASWD") != std::string::npos);
  world.smsc().bind_status = Status::ok;
  REQUIRE(world.until([&] { return world.adapter->is_connected(); }));
}

TEST_CASE("the addresses of one SMSC are tried in their order") {
  World world;
  world.add_smsc();
  world.add_smsc();
  sms::SmscOptions one = world.options.smsc;
  one.addresses = {world.smscs[0]->address(), world.smscs[1]->address()};
  one.name = "cluster";
  world.options.all = {one};
  world.smscs[0]->close();
  world.start_as_configured();
  REQUIRE(world.until([&] { return world.smscs[1]->bound() == 1; }));
  world.smscs[0]->open();
  world.smscs[1]->cut();
  REQUIRE(world.until([&] { return world.smscs[0]->bound() == 1; }));
}

TEST_CASE("an SMSC that takes the bind and closes gives way to the next address") {
  World world;
  world.add_smsc();
  world.add_smsc();
  world.options.all = {world.options.smsc};
  world.options.all[0].addresses = {world.smscs[0]->address(), world.smscs[1]->address()};
  world.start_as_configured();
  REQUIRE(world.until([&] {
    world.smscs[0]->cut();
    return world.smscs[1]->bound() == 1;
  }));
  CHECK(world.smscs[0]->connections() == 1);
}

TEST_CASE("an SMSC that stays bound and then answers nothing gives way to the next address") {
  World world;
  world.add_smsc();
  world.add_smsc();
  world.options.all = {world.options.smsc};
  world.options.all[0].addresses = {world.smscs[0]->address(), world.smscs[1]->address()};
  world.options.all[0].enquire_after = 5'100ms;  // longer than a bind must hold to be a good one
  world.options.all[0].response_within = 50ms;
  world.start_as_configured();
  REQUIRE(world.until([&] { return world.adapter->is_connected(); }));
  world.smscs[0]->reads = false;
  REQUIRE(world.until([&] { return world.smscs[1]->bound() == 1; }));
  CHECK(world.smscs[0]->connections() == 1);
}

TEST_CASE("a session that the SMSC does not take for bound is made anew, and its message sent") {
  World world;
  world.options.answer = "{serviceId}";
  world.add_smsc().answers = false;
  world.start();
  CHECK(world.write(number(1), "hello") == Status::ok);
  REQUIRE(world.until([&] { return world.smsc().submits.size() == 1; }));
  msggw::test::Events events;
  world.smsc().answer(world.smsc().submits[0], Status::invalid_bind_state, "");
  world.smsc().answers = true;
  REQUIRE(world.until([&] { return world.smsc().binds.size() == 2; }));
  REQUIRE(world.until([&] { return world.smsc().received.size() == 2; }));
  CHECK(world.metric("msggw_sms_messages_out_total{end=\"refused\"}") == 0);
  CHECK(events.count("ESME_RINVBNDSTS") == 1);
}

TEST_CASE("nothing is sent while the SMSC takes leave, and nothing is lost by it") {
  World world;
  world.options.answer = "{serviceId}";
  world.start();
  REQUIRE(world.until([&] { return world.smsc().bound() == 1; }));
  REQUIRE(world.gateway.operations().add_device(
      {msggw::core::UeType::legacy_3gpp, "+" + number(2), ""}, world.clock.now()));
  REQUIRE(world.until([&] {
    return world.gateway.tables().devices_in(msggw::core::DeviceState::provisioned) == 1;
  }));
  world.commits = false;  // its unbind waits for the answer to this one
  const std::uint64_t id = world.smsc().deliver(mo(number(1), "hello"));
  REQUIRE(id != 0);
  REQUIRE(world.until([&] { return world.gateway.tables().devices() == 2; }));
  world.smsc().unbind();
  REQUIRE(world.until([&] { return !world.adapter->smscs()[0]->may_send(); }));
  CHECK(connection_of(world).phase() == sms::Connection::Phase::bound);
  world.options.source = "12345";
  world.adapter->decided(*world.gateway.tables().find_private_id("+" + number(2)));
  for (int i = 0; i < 20; ++i) world.turn();
  world.commits = true;
  REQUIRE(world.until([&] { return world.smsc().answer_to(id) == Status::ok; }));
  REQUIRE(world.until([&] { return world.smsc().received.size() >= 2; }));
  CHECK(world.metric("msggw_sms_messages_out_total{end=\"unanswered\"}") == 0);
  CHECK(world.metric("msggw_sms_submits_total{result=\"unanswered\"}") == 0);
}

TEST_CASE("the bind has the TON and NPI of the configuration") {
  World world;
  world.options.smsc.address_range = "^4915";
  world.options.smsc.range_ton = 1;
  world.options.smsc.range_npi = 8;
  world.options.smsc.password = std::string(64, 'p');
  world.start();
  REQUIRE(world.until([&] { return world.smsc().binds.size() == 1; }));
  CHECK(world.smsc().binds[0].range == smpp::Address{1, 8, "^4915"});
  CHECK(world.smsc().binds[0].password == std::string(64, 'p'));
}

TEST_CASE("a PDU that is odd costs no phone and is told once") {
  World world;
  boost::asio::ip::tcp::acceptor smsc(world.io, {boost::asio::ip::address_v4::loopback(), 0});
  boost::asio::ip::tcp::socket socket(world.io);
  std::string in(4'096, '\0');
  smsc.async_accept(socket, [&](const boost::system::error_code& error) {
    REQUIRE_FALSE(error);
    socket.async_read_some(boost::asio::buffer(in), [&](const auto& failed, std::size_t) {
      REQUIRE_FALSE(failed);
      // The id in the answer to the bind has no end, the messages have half a TLV behind them.
      std::string out("\0\0\0\x14\x80\0\0\x09\0\0\0\0\0\0\0\1smsc", 20);
      for (int i = 0; i < 2; ++i) {
        const auto at = out.size();
        smpp::Pdu pdu{{smpp::Command::deliver_sm, Status::ok, 7}, mo(number(i), "hello")};
        REQUIRE(smpp::append(pdu, out));
        out += std::string("\x14\0", 2);
        out[at + 3] = static_cast<char>(out.size() - at);
      }
      out += std::string("\0\0\0\x10\0\1\2\0\0\0\0\0\0\0\0\1", 16);  // and one of its own
      boost::asio::write(socket, boost::asio::buffer(out));
    });
  });
  msggw::test::Events events;
  world.options.all = {world.options.smsc};
  world.options.all[0].addresses = {sms::test::at_loopback(smsc.local_endpoint().port())};
  world.start_as_configured();
  REQUIRE(world.until([&] { return world.gateway.tables().devices() == 2; }));
  REQUIRE(
      world.until([&] { return world.metric("msggw_sms_pdu_flaws_total{smsc=\"smsc\"}") == 3; }));
  CHECK(events.count("smsc_pdu_malformed") == 3);
  CHECK(events.count("command=bind_transceiver_resp reason=\"ESME_RINVCMDLEN") == 1);
  CHECK(events.count("command=deliver_sm reason=\"ESME_RINVOPTPARSTREAM") == 1);
  CHECK(events.count("command=0x00010200 reason=\"ESME_RINVCMDID") == 1);
}

TEST_CASE("an SMSC known by its name, and a name that nobody has") {
  World world;
  world.add_smsc();
  world.options.all = {world.options.smsc};
  world.options.all[0].addresses = {
      msggw::base::parse_address("nowhere.invalid:1", 0).value(),
      {msggw::base::Host::parse("localhost").value(), world.smsc().port()}};
  world.smsc().close();
  world.start_as_configured();
  REQUIRE(world.until(
      [&] { return connection_of(world).reason().find("cannot resolve nowhere.invalid") == 0; }));
  world.smsc().open();
  REQUIRE(world.until([&] { return world.adapter->is_connected(); }));
}

TEST_CASE("messages for devices go to the next SMSC while theirs is away") {
  World world;
  world.add_smsc();
  world.add_smsc();
  world.options.answer = "{serviceId}";
  world.provisioning = World::Provisioning::away;
  world.start();
  REQUIRE(world.until([&] { return world.smscs[0]->bound() + world.smscs[1]->bound() == 2; }));
  CHECK(world.write("4915112345678", "hello") == Status::ok);
  world.smscs[0]->close();
  world.smscs[0]->cut();
  REQUIRE(world.until([&] { return !world.adapter->smscs()[0]->may_send(); }));
  world.provisioning = World::Provisioning::answers;
  REQUIRE(world.until([&] { return world.smscs[1]->received.size() == 1; }));
  CHECK(world.smscs[0]->received.empty());
}

TEST_CASE("a submit that was cut off is sent again") {
  World world;
  world.options.answer = "{serviceId}";
  world.add_smsc().answers = false;
  world.start();
  CHECK(world.write("4915112345678", "hello") == Status::ok);
  REQUIRE(world.until([&] { return world.smsc().submits.size() == 1; }));
  world.smsc().cut();
  world.smsc().answers = true;
  REQUIRE(world.until([&] { return world.smsc().received.size() == 2; }));
  REQUIRE(world.until([&] { return world.metric("msggw_sms_messages_waiting") == 0; }));
  CHECK(world.metric("msggw_sms_messages_out_total{end=\"sent\"}") == 1);
}

TEST_CASE("the window is kept, and an SMSC that throttles is given less") {
  World world;
  world.options.answer = "{serviceId}";
  world.options.smsc.window = 4;
  world.add_smsc().answers = false;
  world.start();
  REQUIRE(world.until([&] { return world.smsc().bound() == 1; }));
  for (int i = 0; i < 8; ++i) CHECK(world.write(number(i), "hello") == Status::ok);
  REQUIRE(world.until([&] { return world.smsc().submits.size() == 4; }));
  for (int i = 0; i < 20; ++i) world.turn();
  CHECK(world.smsc().submits.size() == 4);
  world.smsc().answer(world.smsc().submits[0], Status::throttled, "");
  REQUIRE(world.until([&] { return world.metric("msggw_sms_rate{smsc=\"smsc-1\"}") == 5'000; }));
  REQUIRE(world.until([&] { return world.smsc().submits.size() == 5; }));
  world.smsc().answers = true;
  for (std::size_t i = 1; i < 5; ++i)
    world.smsc().answer(world.smsc().submits[i], Status::ok, "old" + std::to_string(i));
  REQUIRE(
      world.until([&] { return world.metric("msggw_sms_messages_out_total{end=\"sent\"}") == 8; }));
}

TEST_CASE("another window counts at once, and ends no bind") {
  World world;
  world.options.answer = "{serviceId}";
  world.options.smsc.window = 1;
  world.add_smsc().answers = false;
  world.start();
  for (int i = 0; i < 3; ++i) CHECK(world.write(number(i), "hello") == Status::ok);
  REQUIRE(world.until([&] { return world.smsc().submits.size() == 1; }));
  sms::SmscOptions& smsc = world.options.all[0];
  smsc.window = 3;
  smsc.max_unanswered = 7;
  smsc.connect_within = smsc.response_within = smsc.enquire_after = 77s;
  world.adapter->reconfigure();
  REQUIRE(world.until([&] { return world.smsc().submits.size() == 3; }));
  CHECK(world.smsc().binds.size() == 1);
  smsc.system_type = "VMA";
  world.adapter->reconfigure();
  for (std::size_t i = 0; i < 3; ++i)
    world.smsc().answer(world.smsc().submits[i], Status::ok, "id" + std::to_string(i));
  REQUIRE(world.until([&] { return world.smsc().binds.size() == 2; }));
  CHECK(world.metric("msggw_sms_response_timeouts_total{smsc=\"smsc-1\"}") == 0);
}

TEST_CASE("the configured rate is not exceeded") {
  World world;
  world.options.answer = "{serviceId}";
  world.options.smsc.rate = 50;
  world.options.smsc.burst = 5;
  world.start();
  REQUIRE(world.until([&] { return world.smsc().bound() == 1; }));
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < 25; ++i) world.smsc().deliver(mo(number(i), "hello"));
  REQUIRE(world.until([&] { return world.smsc().received.size() == 25; }));
  CHECK(std::chrono::steady_clock::now() - began >= 380ms);  // (25 - 5) / 50 s, less rounding
}

TEST_CASE("an SMSC that does not answer enquire_link is left") {
  World world;
  world.options.smsc.enquire_after = msggw::base::Duration{50};
  world.options.smsc.response_within = msggw::base::Duration{50};
  world.start();
  REQUIRE(world.until([&] { return world.adapter->is_connected(); }));
  const auto until = std::chrono::steady_clock::now() + 300ms;
  REQUIRE(world.until([&] { return std::chrono::steady_clock::now() > until; }));
  CHECK(world.smsc().connections() == 1);  // it answers
  world.smsc().reads = false;
  REQUIRE(world.until([&] { return world.smsc().connections() >= 2; }));
}

TEST_CASE("a server that takes connections and says nothing is left after connect_within") {
  World world;
  world.add_smsc().reads = false;
  world.options.smsc.response_within = msggw::base::Duration{50};
  world.smsc().close();
  boost::asio::ip::tcp::acceptor silent(world.io, {boost::asio::ip::address_v4::loopback(), 0});
  world.options.all = {world.options.smsc};
  world.options.all[0].addresses = {sms::test::at_loopback(silent.local_endpoint().port())};
  world.start_as_configured();
  REQUIRE(world.until([&] { return has_failed(world); }));
  CHECK(connection_of(world).reason() == "the bind was not answered");
}

TEST_CASE("garbage ends a connection with a generic_nack, and the next one is good") {
  World world;
  boost::asio::ip::tcp::acceptor babbler(world.io, {boost::asio::ip::address_v4::loopback(), 0});
  boost::asio::ip::tcp::socket socket(world.io);
  babbler.async_accept(socket, [&](const boost::system::error_code& error) {
    REQUIRE_FALSE(error);
    boost::asio::write(socket, boost::asio::buffer("GET / HTTP/1.1\r\n\r\n", 18));
  });
  world.options.all = {world.options.smsc};
  world.options.all[0].addresses = {sms::test::at_loopback(babbler.local_endpoint().port())};
  world.start_as_configured();
  REQUIRE(world.until([&] { return has_failed(world); }));
  CHECK(connection_of(world).reason() == "the stream cannot be followed");
  socket.close();
}

TEST_CASE("stopping takes leave, and answers what is under way") {
  World world;
  world.start();
  CHECK(world.write("4915112345678", "hello") == Status::ok);
  CHECK_FALSE(world.adapter->has_left());
  world.adapter->stop();
  REQUIRE(world.until([&] { return world.adapter->has_left(); }));
  CHECK(world.smsc().bound() == 0);
  CHECK(connection_of(world).reason() == "unbound");
  for (int i = 0; i < 20; ++i) world.turn();
  CHECK(world.smsc().connections() == 1);
}

// SPDX-License-Identifier: Apache-2.0
// Binds, what becomes of them, and the pace, against an SMSC on the loop of the test.
#include "adapters/sms/smsc.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "adapters/sms/test_world.h"
#include "adapters/wire/tls/test_certificates.h"

using msggw::smpp::Status;
using msggw::sms::test::mo;
using msggw::sms::test::World;
namespace sms = msggw::sms;
namespace smpp = msggw::smpp;
namespace ssl = boost::asio::ssl;
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
  CHECK(world.metric("msggw_sms_messages_waiting") == 1);
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

TEST_CASE("TLS: the SMSC's certificate is checked, with its name") {
  msggw::tls::test::Certificates files;
  ssl::context server(ssl::context::tls_server);
  server.use_certificate_chain_file(files.pem("server").string());
  server.use_private_key_file(files.key("server").string(), ssl::context::pem);
  SUBCASE("good") {
    World world;
    world.add_smsc(&server);
    world.options.smsc.ca = files.pem("ca");
    world.start();
    CHECK(world.write("4915112345678", "hello") == Status::ok);
  }
  SUBCASE("of another authority") {
    World world;
    world.add_smsc(&server);
    world.options.smsc.ca = files.pem("stranger-ca");
    world.start();
    REQUIRE(world.until([&] { return has_failed(world); }));
    CHECK(connection_of(world).reason().find("TLS: the peer's certificate is signed by a CA") == 0);
    CHECK(world.smsc().binds.empty());
  }
  SUBCASE("of another name") {
    World world;
    world.add_smsc(&server);
    world.options.smsc.ca = files.pem("ca");
    world.options.all = {world.options.smsc};
    boost::asio::ip::tcp::acceptor everywhere(world.io, {boost::asio::ip::address_v4::any(), 0});
    world.options.all[0].addresses = {
        {msggw::base::Host::parse("127.1.2.3").value(), everywhere.local_endpoint().port()}};
    boost::asio::ssl::stream<boost::asio::ip::tcp::socket> peer(world.io, server);
    everywhere.async_accept(peer.next_layer(), [&](const boost::system::error_code& error) {
      if (!error) peer.async_handshake(ssl::stream_base::server, [](const auto&) {});
    });
    world.start_as_configured();
    REQUIRE(world.until([&] { return has_failed(world); }));
    CHECK(connection_of(world).reason().find("does not name the host") != std::string::npos);
  }
  SUBCASE("files are read again for the next connection, and kept if they are no good") {
    World world;
    world.add_smsc(&server);
    const std::string ca = (files.folder() / "used.pem").string();
    const auto trust = [&](const std::string& name) {
      std::filesystem::copy_file(files.pem(name), ca,
                                 std::filesystem::copy_options::overwrite_existing);
    };
    trust("stranger-ca");
    world.options.smsc.ca = ca;
    world.start();
    REQUIRE(world.until([&] { return has_failed(world); }));
    trust("ca");
    world.adapter->reload();
    REQUIRE(world.until([&] { return world.adapter->is_connected(); }));
    std::filesystem::remove(ca);
    world.adapter->reload();
    CHECK(world.adapter->is_connected());
    world.smsc().cut();
    REQUIRE(world.until([&] { return world.smsc().binds.size() == 2; }));
    REQUIRE(world.until([&] { return world.adapter->is_connected(); }));
  }
  SUBCASE("a file that is none") {
    World world;
    world.add_smsc(&server);
    world.options.smsc.ca = files.pem("nowhere");
    CHECK_THROWS_WITH_AS(world.start(), doctest::Contains("nowhere.pem"), std::runtime_error);
  }
  SUBCASE("a key that is encrypted, at the start and at a reload") {
    World world;
    world.add_smsc(&server);
    const std::string key = (files.folder() / "used.key").string();
    const auto over = std::filesystem::copy_options::overwrite_existing;
    std::filesystem::copy_file(files.key("client"), key);
    world.options.smsc.ca = files.pem("ca");
    world.options.smsc.certificate = files.pem("client");
    world.options.smsc.key = key;
    world.start();
    REQUIRE(world.until([&] { return world.adapter->is_connected(); }));
    std::filesystem::copy_file(files.encrypt_key("client", true), key, over);
    world.adapter->reload();
    world.smsc().cut();
    REQUIRE(world.until([&] { return world.smsc().binds.size() == 2; }));
    CHECK_THROWS_WITH_AS(world.start(), doctest::Contains("the key is encrypted"),
                         std::runtime_error);
  }
}

// SPDX-License-Identifier: Apache-2.0
// Binds over TLS, against an SMSC on the loop of the test.
#include <doctest/doctest.h>

#include <filesystem>

#include "adapters/sms/smsc.h"
#include "adapters/sms/test_world.h"
#include "adapters/wire/tls/test_certificates.h"

namespace msggw::sms::smsc_tls_test {

using msggw::smpp::Status;
using msggw::sms::test::World;
namespace sms = msggw::sms;
namespace ssl = boost::asio::ssl;

namespace {

const sms::Connection& connection_of(World& world) {
  return *world.adapter->smscs()[0]->connections()[0];
}

/// It says so until it is bound; that it waits is over too soon to be seen.
bool has_failed(World& world) {
  return !connection_of(world).reason().empty();
}

}  // namespace

TEST_CASE("where TLS is wanted and its files are gone there is no bind in cleartext") {
  World world;
  world.start();
  REQUIRE(world.until([&] { return world.adapter->is_connected(); }));
  world.options.all[0].ca = "/no/such";
  world.adapter->reconfigure();
  REQUIRE(world.until([&] { return has_failed(world); }));
  CHECK(connection_of(world).reason().find("the files of TLS cannot be used") == 0);
  for (int i = 0; i < 20; ++i) world.turn();
  CHECK(world.smsc().binds.size() == 1);
  world.options.all[0].ca.clear();
  world.adapter->reconfigure();
  CHECK(world.until([&] { return world.adapter->is_connected(); }));
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
    world.adapter->reconfigure();
    REQUIRE(world.until([&] { return world.adapter->is_connected(); }));
    std::filesystem::remove(ca);
    world.adapter->reconfigure();
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
    world.adapter->reconfigure();
    world.smsc().cut();
    REQUIRE(world.until([&] { return world.smsc().binds.size() == 2; }));
    CHECK_THROWS_WITH_AS(world.start(), doctest::Contains("the key is encrypted"),
                         std::runtime_error);
  }
}

}  // namespace msggw::sms::smsc_tls_test

// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/fleet/keys.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "tests/support/temp_folder.h"

namespace msggw::fleet {
namespace {

Options options_of(std::string ids) {
  Options options;
  options.devices = 3;
  options.id_template = std::move(ids);
  return options;
}

TEST_CASE("keys that are made of a text, and the list of them") {
  const Options options = options_of("meter-{n}");
  const Ids ids(options);
  Security security;
  security.keys_from = "test";
  const Keys keys(security, ids);
  CHECK(keys.of(0).identity == "meter-1");
  CHECK(keys.of(0).octets.size() == 16);
  CHECK(keys.of(0).octets == Keys(security, ids).of(0).octets);
  CHECK(keys.of(0).octets != keys.of(1).octets);

  const test::TempFolder folder;
  Security listed;
  listed.keys_file = folder.path() / "keys.csv";
  keys.write(listed.keys_file, 3);
  using std::filesystem::perms;
  CHECK(std::filesystem::status(listed.keys_file).permissions() ==
        (perms::owner_read | perms::owner_write));
  std::ifstream in(listed.keys_file);
  std::string line;
  std::getline(in, line);
  CHECK(line == "private_id,kind,name,key");
  std::getline(in, line);
  CHECK(line == "meter-1,psk,meter-1," + hex_of(keys.of(0).octets));
  const Keys read(listed, ids);
  CHECK(read.of(2).identity == "meter-3");
  CHECK(read.of(2).octets == keys.of(2).octets);
  const Options others = options_of("gauge-{n}");
  const Ids of_others(others);
  CHECK_THROWS_AS(Keys(listed, of_others).of(0), std::invalid_argument);
}

TEST_CASE("passwords are text, also in a list") {
  const Options options = options_of("meter-{n}");
  const Ids ids(options);
  Security security;
  security.passwords = true;
  security.keys_from = "test";
  const Keys keys(security, ids);
  CHECK(keys.of(0).octets.size() == 32);
  CHECK(keys.of(0).octets.find_first_not_of("0123456789abcdef") == std::string::npos);
  const test::TempFolder folder;
  Security listed;
  listed.passwords = true;
  listed.keys_file = folder.path() / "passwords.csv";
  keys.write(listed.keys_file, 1);
  std::ifstream in(listed.keys_file);
  std::string line;
  std::getline(in, line);
  std::getline(in, line);
  CHECK(line == "meter-1,password,meter-1," + hex_of(keys.of(0).octets));
  CHECK(Keys(listed, ids).of(0).octets == keys.of(0).octets);
}

TEST_CASE("the file of one device") {
  CHECK(file_of("certs/{id}.crt", "meter-1") == "certs/meter-1.crt");
  CHECK(file_of("{id}/{id}", "{id}") == "{id}/{id}");
  CHECK(file_of("one.crt", "meter-1") == "one.crt");
}

TEST_CASE("lists of keys that cannot be used") {
  const Options options = options_of("meter-{n}");
  const Ids ids(options);
  const test::TempFolder folder;
  Security security;
  security.keys_file = folder.path() / "keys.csv";
  CHECK_THROWS_AS(Keys(security, ids), std::invalid_argument);
  for (const char* const list :
       {"name,key\n", "private_id,key\nmeter-1,xyz\n", "private_id,key\nmeter-1\n"}) {
    CAPTURE(list);
    std::ofstream(security.keys_file) << list;
    CHECK_THROWS_AS(Keys(security, ids), std::invalid_argument);
  }
}

TEST_CASE("options of security that do not go together") {
  Security good;
  good.dtls = good.psk = true;
  good.keys_from = "test";
  CHECK_NOTHROW(check(good, true, false));
  CHECK_THROWS_WITH(check(good, false, true), "--dtls is of --coap");
  Security both = good;
  both.tls = true;
  CHECK_THROWS(check(both, true, false));
  Security no_key = good;
  no_key.keys_from.clear();
  CHECK_THROWS(check(no_key, true, false));
  Security broker;
  broker.tls = true;
  CHECK_THROWS_WITH(check(broker, false, true), "--tls of MQTT needs --psk or --ca");
  broker.ca = "ca.crt";
  CHECK_NOTHROW(check(broker, false, true));
  CHECK_THROWS_WITH(check(broker, true, false), "--dtls and --tls need --psk or --cert");
  broker.passwords = true;
  broker.keys_from = "test";
  CHECK_NOTHROW(check(broker, false, true));
  CHECK_THROWS_WITH(check(broker, true, false), "--passwords is of --mqtt");
  broker.psk = true;
  CHECK_THROWS_WITH(check(broker, false, true), "give one of --psk, --passwords and --cert");
  broker.psk = broker.passwords = false;
  broker.certificate = "{id}.crt";
  CHECK_THROWS_WITH(check(broker, true, false), "--cert needs --key and --ca");
  broker.key = "{id}.key";
  CHECK_NOTHROW(check(broker, true, false));
  CHECK_NOTHROW(check(broker, false, true));
  broker.tls = false;
  CHECK_THROWS_WITH(check(broker, false, true), "--psk and --cert need --dtls or --tls");
}

}  // namespace
}  // namespace msggw::fleet

// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/network.h"

#include <doctest/doctest.h>

namespace msggw::base {
namespace {

namespace ip = boost::asio::ip;

bool holds(const char* network, const char* address) {
  return Network::parse(network).value().holds(ip::make_address(address));
}

TEST_CASE("a network holds the addresses that begin with its bits") {
  CHECK(holds("10.0.0.0/8", "10.255.1.2"));
  CHECK_FALSE(holds("10.0.0.0/8", "11.0.0.0"));
  CHECK(holds("10.1.2.128/25", "10.1.2.255"));
  CHECK_FALSE(holds("10.1.2.128/25", "10.1.2.127"));
  CHECK(holds("192.0.2.1", "192.0.2.1"));
  CHECK_FALSE(holds("192.0.2.1", "192.0.2.2"));
  CHECK(holds("0.0.0.0/0", "203.0.113.9"));
  CHECK(holds("2001:db8::/32", "2001:db8:ffff::1"));
  CHECK_FALSE(holds("2001:db8::/32", "2001:db9::"));
  CHECK(holds("2001:db8::1", "2001:db8::1"));
}

TEST_CASE("an IPv4 address is the same when it is mapped into IPv6, and no other") {
  CHECK(holds("10.0.0.0/8", "::ffff:10.1.1.1"));
  CHECK(holds("::/0", "10.1.1.1"));
  CHECK_FALSE(holds("0.0.0.0/0", "2001:db8::1"));
}

TEST_CASE("what is no network is refused, and one comes back as it was written") {
  for (const char* const wrong :
       {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.1/8",
        "2001:db8::/129", "2001:db8::1/64", "example.org/8", "10.0.0.0/8/8", "10.0.0.0 /8"}) {
    CAPTURE(wrong);
    CHECK_FALSE(Network::parse(wrong).has_value());
  }
  for (const char* const text :
       {"10.0.0.0/8", "192.0.2.1/32", "2001:db8::/32", "::/0", "0.0.0.0/0", "2001:db8::1/128"})
    CHECK(to_string(Network::parse(text).value()) == text);
  CHECK(to_string(Network::parse("192.0.2.1").value()) == "192.0.2.1/32");
}

}  // namespace
}  // namespace msggw::base

// SPDX-License-Identifier: Apache-2.0
#include "storage/credential_record.h"

#include <doctest/doctest.h>

#include "storage/device_record.h"
#include "storage/memory_store.h"

namespace msggw::storage::credential_record_test {
namespace {

using credentials::Credential;
using credentials::Kind;

TEST_CASE("a credential comes back as it was, and nothing that is cut or changed does") {
  const Credential credential{core::DeviceNo{7}, Kind::psk, "meter-7", std::string(44, 's'), 1, 2};
  std::string row;
  append_credential(row, credential);
  const auto parsed = parse_credential(row);
  REQUIRE(parsed);
  CHECK(parsed->device == credential.device);
  CHECK(parsed->kind == credential.kind);
  CHECK(parsed->name == credential.name);
  CHECK(parsed->secret == credential.secret);
  CHECK(parsed->not_before_s == 1);
  CHECK(parsed->not_after_s == 2);
  for (std::size_t size = 0; size < row.size(); ++size)
    CHECK_FALSE(parse_credential(std::string_view(row).substr(0, size)));
  CHECK_FALSE(parse_credential(row + '\0'));
  CHECK_FALSE(parse_credential("\x02" + row.substr(1)));
}

TEST_CASE("a row that makes no sense is refused") {
  const auto is_good = [](Credential credential) {
    std::string row;
    append_credential(row, credential);
    return parse_credential(row).has_value();
  };
  CHECK(is_good({core::DeviceNo{0}, Kind::certificate, "x", "", 0, 0}));
  CHECK_FALSE(is_good({core::DeviceNo{0}, Kind::certificate, "x", "s", 0, 0}));
  CHECK_FALSE(is_good({core::DeviceNo{0}, Kind::psk, "x", "", 0, 0}));
  CHECK_FALSE(is_good({core::DeviceNo{0}, Kind::psk, "", "s", 0, 0}));
  CHECK_FALSE(is_good({core::DeviceNo{0}, Kind::psk, std::string(129, 'x'), "s", 0, 0}));
  CHECK_FALSE(is_good({core::DeviceNo{0}, Kind::psk, "x", std::string(257, 's'), 0, 0}));
  CHECK_FALSE(is_good({core::DeviceNo{0}, static_cast<Kind>(3), "x", "s", 0, 0}));
}

}  // namespace
}  // namespace msggw::storage::credential_record_test

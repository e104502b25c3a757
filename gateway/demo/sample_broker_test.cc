// SPDX-License-Identifier: Apache-2.0
#include "gateway/demo/sample_broker.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "gateway/demo/sample_devices.h"
#include "tests/support/temp_folder.h"

namespace msggw::demo::sample_broker_test {
namespace {

TEST_CASE("the broker has keys that nobody else may read, and a listener for them") {
  const test::TempFolder folder;
  const auto options =
      sample_broker(cli::ports_from(20'000), folder.path() / "broker", sample_broker_keys());
  CHECK(options.port == 20'002);
  CHECK(options.more.find("listener 20003 127.0.0.1\npsk_hint") != std::string::npos);
  const auto keys = options.dir / "keys";
  CHECK(options.more.find("psk_file " + keys.string() + "\n") != std::string::npos);
  using std::filesystem::perms;
  CHECK(std::filesystem::status(keys).permissions() == (perms::owner_read | perms::owner_write));
  std::ifstream in(keys);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  CHECK(text == "secure-meter-8:6120736563726574206f66207468652064656d6f\n");
}

}  // namespace
}  // namespace msggw::demo::sample_broker_test

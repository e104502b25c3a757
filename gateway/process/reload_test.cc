// SPDX-License-Identifier: Apache-2.0
#include "gateway/process/reload.h"

#include <doctest/doctest.h>

#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "gateway/base/listening.h"
#include "gateway/config/files/load.h"
#include "tests/support/events.h"
#include "tests/support/temp_folder.h"

namespace msggw::process::reload_test {
namespace {

using config::Purpose;

constexpr const char* kPf = "[provisioning]\nuris = [\"https://pf.example\"]\n";

/// A configuration in a file, and what was applied of it.
struct World {
  explicit World(const std::string& text) { write(text); }

  void write(const std::string& text) { file = folder.file("msggw.toml", text + kPf); }
  void start() {
    reloader.emplace(Origin{file, {}}, config_files::load(file, {}, Purpose::gateway),
                     Purpose::gateway, metrics, [this](const config::Config& now) -> Commit {
                       prepare(now);
                       return [this, now] {
                         applied.push_back(now);
                         return result;
                       };
                     });
  }
  static std::vector<std::string> names(const std::vector<config::Change>& changes) {
    std::vector<std::string> all;
    for (const auto& change : changes) all.push_back(change.name);
    return all;
  }

  test::TempFolder folder;
  std::filesystem::path file;
  base::metrics::Registry metrics;
  std::function<void(const config::Config&)> prepare = [](const config::Config&) {};
  std::vector<config::Config> applied;
  base::Result<> result;
  std::optional<Reloader> reloader;
};

using Names = std::vector<std::string>;

TEST_CASE("what is live is applied, what is not is named, and again as long as it waits") {
  World world("[limits]\nmax_devices = 5\n");
  world.start();
  world.write("[limits]\nmax_devices = 6\n[gateway]\nfolder = \"/elsewhere\"\n");
  CHECK(World::names(world.reloader->preview().applied) == Names{"limits.max_devices"});
  CHECK(world.applied.empty());
  const test::Events events;
  const Reloaded first = world.reloader->reload();
  CHECK(World::names(first.applied) == Names{"limits.max_devices"});
  CHECK(World::names(first.needs_restart) == Names{"gateway.folder"});
  REQUIRE(world.applied.size() == 1);
  CHECK(world.applied[0].limits.max_devices == 6);
  CHECK(world.applied[0].gateway.folder != "/elsewhere");
  CHECK(events.count("config_reloaded") == 1);
  CHECK(events.count("restart_needed") == 1);

  const Reloaded second = world.reloader->reload();
  CHECK(second.applied.empty());
  CHECK(World::names(second.needs_restart) == Names{"gateway.folder"});
  CHECK(world.applied.size() == 2);  // its files are read again in any case
  const std::string shown = base::metrics::expose(world.metrics);
  CHECK(shown.find("msggw_config_restart_needed 1\n") != std::string::npos);
  CHECK(shown.find("msggw_config_reloads_total{result=\"applied\"} 2\n") != std::string::npos);
}

TEST_CASE("whatever is wrong, nothing is applied and all mistakes are told with their places") {
  World world("");
  world.start();
  const test::Events events;
  world.write("[limits]\nmax_devices = 6\nmax_device = 7\n[log]\nlevel = \"loud\"\n");
  const Reloaded wrong = world.reloader->reload();
  REQUIRE(wrong.problems.size() == 2);
  CHECK(wrong.problems[0].find(":3: [limits] max_device: ") != std::string::npos);
  CHECK(wrong.problems[1].find(":5: [log] level: ") != std::string::npos);
  CHECK(wrong.applied.empty());
  CHECK(answer_of(wrong).json.starts_with(R"({"problems":[")"));
  CHECK_FALSE(answer_of(wrong).is_good);
  world.write("[mqtt]\nca = \"" + world.folder.file("ca.pem", "no certificate").string() + "\"\n");
  CHECK(world.reloader->reload().problems.size() == 1);
  std::filesystem::remove(world.file);
  CHECK(world.reloader->reload().problems.size() == 1);
  CHECK(world.applied.empty());
  CHECK(events.count("reload_refused") == 3);
  CHECK(events.count("config_reloaded") == 0);
  CHECK(base::metrics::expose(world.metrics)
            .find("msggw_config_reloads_total{result=\"refused\"} 3\n") != std::string::npos);
}

TEST_CASE("what cannot be applied after all is not taken for running") {
  World world("[limits]\nmax_devices = 5\n");
  world.start();
  world.write("[limits]\nmax_devices = 6\n");
  world.result = base::fail(base::Errc::incorrect, "gone");
  CHECK(world.reloader->reload().problems == Names{"gone"});
  CHECK(world.reloader->running().limits.max_devices == 5);
  world.result = {};
  CHECK(World::names(world.reloader->reload().applied) == Names{"limits.max_devices"});
  CHECK(world.reloader->running().limits.max_devices == 6);
}

TEST_CASE("what is right as a whole, and wrong with what stays until the restart, is refused") {
  World world("[mqtt]\nport = 1883\n");
  world.start();
  world.write("[mqtt]\nenabled = false\n[coap]\ntcp = true\nport = 1883\n");
  const auto refused = world.reloader->reload();
  REQUIRE(refused.problems.size() == 1);
  CHECK(refused.problems[0].find("until a restart takes over mqtt.enabled") != std::string::npos);
  CHECK(world.applied.empty());
  world.write("[mqtt]\nenabled = false\n[coap]\ntcp = true\nport = 1884\n");
  CHECK(world.reloader->reload().problems.empty());
}

TEST_CASE("an address that cannot be had refuses all, with its line, until it can be had") {
  World world("[limits]\nmax_devices = 5\n");
  world.start();
  world.prepare = [](const config::Config&) {
    throw base::CannotListen("cannot bind udp port 7: it is taken", "coap", "port");
  };
  world.write("[limits]\nmax_devices = 6\n[coap]\nport = 7\n");
  const std::string said =
      world.file.string() + ":4: [coap] port: cannot bind udp port 7: it is taken";
  CHECK(world.reloader->preview().problems == Names{said});
  CHECK(world.reloader->refusal().empty());  // nobody has asked for it
  CHECK(world.reloader->reload().problems == Names{said});
  CHECK(world.reloader->refusal() == said);
  CHECK(world.applied.empty());
  world.prepare = [](const config::Config&) {};
  CHECK(World::names(world.reloader->reload().applied) == Names{"limits.max_devices", "coap.port"});
  CHECK(world.reloader->refusal().empty());
}

TEST_CASE("secrets are told as changed, and never shown") {
  World world("[mqtt]\nuser = \"u\"\npassword = \"old-word\"\n");
  world.start();
  world.write("[mqtt]\nuser = \"u\"\npassword = \"new-word\"\n");
  const test::Events events;
  const std::string json = answer_of(world.reloader->reload()).json;
  CHECK(json.find("mqtt.password") != std::string::npos);
  CHECK(json.find("old-word") == std::string::npos);
  CHECK(json.find("new-word") == std::string::npos);
  CHECK(world.applied.at(0).mqtt.password == "new-word");
  CHECK(events.count("mqtt.password changed") == 1);
}

}  // namespace
}  // namespace msggw::process::reload_test

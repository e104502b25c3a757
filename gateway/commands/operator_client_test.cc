// SPDX-License-Identifier: Apache-2.0
#include "gateway/commands/operator_client.h"

#include <doctest/doctest.h>

#include <fstream>

#include "tests/support/temp_folder.h"

namespace msggw::commands {
namespace {

std::string reason(unsigned status, const std::string& cause, const std::string& detail) {
  http::ClientResponse response;
  response.status = status;
  response.body = R"({"cause":")" + cause + R"(","detail":")" + detail + "\"}";
  return reason_of(response);
}

TEST_CASE("reasons are in the words of the command line, not in those of the API") {
  CHECK(reason(400, "incorrect", "idleSince: the time is still to come") ==
        "--idle-since: the time is still to come");
  CHECK(reason(400, "incorrect", "source: allowed are a numeric address, broker, and smsc:N") ==
        "--source: allowed are a numeric address, broker, and smsc:N");
  CHECK(reason(409, "refused", "it is being removed") == "it is being removed");
  CHECK(reason(401, "UNAUTHORIZED", "show the token") ==
        "what answers does not know the token in operator.json: it has just been "
        "started anew, so try again, or another one has its port");
  CHECK(reason(404, "NOT_FOUND", "nothing here; there are /api/v1/devices") ==
        "what runs is of another version, which does not know this command");
  CHECK(reason(404, "unknown_device", "no such device") == "no such device");
  CHECK(reason(400, "incorrect", "matching: a\\u001b") == "--matching: a\\x1b");
  http::ClientResponse odd;
  odd.status = 502;
  odd.body = "<html>";
  CHECK(reason_of(odd) == "HTTP status 502");
}

TEST_CASE("the folder: as it is said, else of the installed configuration, else the default") {
  const msggw::test::TempFolder files;
  const auto write = [&](const char* name, const std::string& folder) {
    const std::filesystem::path path = files.path() / name;
    std::ofstream(path) << "[gateway]\nfolder = \"" << folder << "\"\n";
    return path;
  };
  const auto installed = write("installed.toml", "/srv/installed");
  const auto said = write("said.toml", "/srv/said");
  const std::filesystem::path none = files.path() / "none.toml";
  CHECK(folder_of({{}, "/srv/dir"}, installed) == "/srv/dir");
  CHECK(folder_of({said, {}}, installed) == "/srv/said");
  CHECK(folder_of({}, installed) == "/srv/installed");
  CHECK(folder_of({}, none) == "/var/lib/msggw");
  CHECK(config_file_of(said, installed) == said);
  CHECK(config_file_of({}, installed) == installed);
  CHECK(config_file_of({}, none).empty());
}

}  // namespace
}  // namespace msggw::commands

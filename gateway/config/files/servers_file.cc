// SPDX-License-Identifier: Apache-2.0
#include "gateway/config/files/servers_file.h"

#include <map>
#include <string>

#include "gateway/base/text.h"
#include "gateway/config/language/list_file.h"
#include "gateway/config/sections/check_parts.h"
#include "gateway/config/sections/declare.h"

namespace msggw::config_files {

using config_language::TableReader;

namespace {

using Server = msgin5g::ServerOptions;

constexpr const char* kServer = "server";

/// `touch_files`: whether the key files that it names are looked at.
void check(TableReader& reader, const Server& server, bool allow_cleartext, bool touch_files) {
  config::Findings found;
  config::check_server(kServer, server, allow_cleartext, found);
  if (touch_files) config::check_server_files(kServer, server, found);
  const auto is_bad = [&](std::string_view key) { return reader.has(key) && !reader.is_good(key); };
  const bool bad_pair = is_bad("certificate") || is_bad("key");
  for (const config::Finding& finding : found) {
    const bool of_pair = finding.key == "certificate" || finding.key == "key";
    if (!is_bad(finding.key) && !(of_pair && bad_pair)) reader.problem(finding.key, finding.what);
  }
}

std::vector<Server> read_servers(std::string_view text, std::string_view name,
                                 const msgin5g::Options& msgin5g, bool touch_files,
                                 config_language::Origins& origins) {
  config_language::Problems problems(name);
  std::vector<Server> servers;
  std::map<std::string, unsigned> names;
  std::map<std::string, unsigned> service_ids;
  const auto read_server = [&](TableReader& reader) {
    Server& server = servers.emplace_back(msgin5g.server);
    server.service_id.clear();
    server.uris.clear();
    config_language::OptionTable options;
    options.section(kServer);
    config::declare_server(options, server);
    reader.read(options, kServer, {});
    reader.check_unique("name", server.name, "MSGin5G Server", names);
    reader.check_unique("service_id", server.service_id, "MSGin5G Server", service_ids);
    reader.put_origins(origins);
    msgin5g::TokenOptions& token = server.token;
    if (touch_files) {
      auto whence =
          config_language::read_secret(reader, "client_secret", token.client_secret_file,
                                       std::string(kServer) + "." + server.name,
                                       token.client_secret, msgin5g::TokenOptions::kMostSecret);
      if (!whence.empty()) origins[reader.name() + " client_secret"] = std::move(whence);
    }
    check(reader, server, msgin5g.allow_cleartext, touch_files);
  };
  config_language::read_list(text,
                             {.key = kServer,
                              .item = "MSGin5G Server",
                              .holds = "this file holds nothing but [[server]]",
                              .most_octets = kMostServersOctets,
                              .least_items = 1,
                              .most_items = kMostServers},
                             problems, read_server);
  if (servers.empty() && problems.empty())
    problems.add(0, {}, "names no MSGin5G Server, write at least one [[server]]");
  problems.throw_if_any();
  return servers;
}

}  // namespace

std::vector<Server> load_servers_text(std::string_view text, std::string_view name,
                                      const msgin5g::Options& msgin5g) {
  config_language::Origins ignored;
  return read_servers(text, name, msgin5g, false, ignored);
}

std::vector<Server> load_servers(const msgin5g::Options& msgin5g,
                                 config_language::Origins& origins) {
  return read_servers(config_language::read_file(msgin5g.servers_file, kMostServersOctets),
                      base::printable(msgin5g.servers_file.native(), 200), msgin5g, true, origins);
}

}  // namespace msggw::config_files

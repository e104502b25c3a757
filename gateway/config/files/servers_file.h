// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "adapters/msgin5g/options.h"
#include "gateway/config/language/list_file.h"

namespace msggw::config_files {

/// A larger file of MSGin5G Servers is refused before it is parsed.
inline constexpr std::size_t kMostServersOctets = 256 * 1024;
inline constexpr std::size_t kMostServers = 64;

/// The servers of msgin5g.servers_file, which must be named: a list of [[server]]
/// (docs/server.md). A key that a table has not is taken from [msgin5g.server], but for name,
/// service_id and uris.
///
/// Throws ConfigError with every mistake as "FILE:LINE: [server NAME] key: what is wrong, what is
/// allowed"; a server without a name is called by its place, "[server #2]". `origins`: of what is
/// not from [msgin5g.server] it is told where it stands, as "[server NAME] key".
std::vector<msgin5g::ServerOptions> load_servers(const msgin5g::Options& msgin5g,
                                                 config_language::Origins& origins);

/// The same for a text in memory; `name` stands for FILE in the messages, and files that the text
/// names are not touched. `text` may be any octets.
std::vector<msgin5g::ServerOptions> load_servers_text(std::string_view text, std::string_view name,
                                                      const msgin5g::Options& msgin5g);

}  // namespace msggw::config_files

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <filesystem>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "adapters/wire/http/client.h"
#include "gateway/base/result.h"
#include "gateway/cli/command.h"
#include "gateway/roster/access.h"

namespace msggw::commands {

/// Where an installed gateway has its configuration.
inline constexpr const char* kInstalled = "/etc/msggw/msggw.toml";

/// The configuration that is meant: the one that is said, else `installed`, if there is such a
/// file. Empty: the defaults.
std::filesystem::path config_file_of(const std::filesystem::path& said,
                                     const std::filesystem::path& installed = kInstalled);

/// The folder of the gateway that is meant. If none is said: that of the configuration `installed`,
/// and without such a file the default. Throws config_language::ConfigError.
std::filesystem::path folder_of(const cli::Source& source,
                                const std::filesystem::path& installed = kInstalled);
/// The same of the Provisioning Function.
std::filesystem::path function_folder_of(const cli::Source& source);

/// Speaks for the command line to the API of a running gateway, or Provisioning Function, found by
/// operator.json in its folder. Whoever uses it turns the loop, or waits in call().
class OperatorClient {
 public:
  static constexpr std::size_t kMostUnderWay = 4;

  /// A list of devices, or a slow disk, may take long.
  static constexpr base::Duration kPatience{60'000};

  /// Throws std::runtime_error if no gateway runs there, as far as the folder says. No answer is
  /// waited for longer than `patience`.
  explicit OperatorClient(std::filesystem::path folder, base::Duration patience = kPatience,
                          roster::Whose whose = roster::Whose::gateway);

  boost::asio::io_context& io() noexcept { return io_; }

  /// Requires fewer than kMostUnderWay requests under way. `path` is percent-encoded, perhaps with
  /// a query behind it. `done` is called from the loop.
  void start(std::string method, const std::string& path, std::string content_type,
             std::string body, http::Done done);
  /// Waits for the answer. unavailable: no gateway answers, in words for its operator.
  base::Result<http::ClientResponse> call(std::string method, const std::string& path,
                                          std::string content_type = {}, std::string body = {});
  /// Looks at operator.json again: a gateway that was started anew has another token.
  void look_again();

 private:
  std::filesystem::path folder_;
  roster::Whose whose_;
  roster::Access access_;
  boost::asio::io_context io_;
  http::Client http_;
};

/// Why a request was refused, in the words of the command line: what a problem document says, or
/// the status.
std::string reason_of(const http::ClientResponse& response);

/// Nobody there, or one that cannot be reached: exit code 1, since the command line was right.
template <class Work>
cli::ExitCode with_running(std::string_view command, const cli::StoreSource& of, std::ostream& err,
                           const Work& work, base::Duration patience = OperatorClient::kPatience) {
  const std::filesystem::path folder =
      of.function ? function_folder_of(of.source) : folder_of(of.source);
  try {
    OperatorClient client(folder, patience,
                          of.function ? roster::Whose::function : roster::Whose::gateway);
    return work(client);
  } catch (const std::runtime_error& error) {
    err << "msggw " << command << ": " << error.what() << '\n';
    return cli::ExitCode::failed;
  }
}

template <class Work>
cli::ExitCode with_gateway(std::string_view command, const cli::Source& source, std::ostream& err,
                           const Work& work) {
  return with_running(command, {source, false}, err, work);
}

/// What is said behind "removing" or "removed" when it is done by force.
inline constexpr const char* kNotReleased =
    "; the Provisioning Function keeps what it has assigned";

/// "/api/v1/devices/{privateId}", percent-encoded.
std::string device_path(std::string_view private_id);
/// "/api/v1/devices/{privateId}/aliases/{alias}", percent-encoded.
std::string alias_path(std::string_view private_id, std::string_view alias);

}  // namespace msggw::commands

// SPDX-License-Identifier: Apache-2.0
#include "gateway/commands/operator_client.h"

#include <algorithm>
#include <boost/json/value.hpp>
#include <optional>
#include <system_error>
#include <utility>

#include "gateway/base/json.h"
#include "gateway/base/path_segment.h"
#include "gateway/base/text.h"
#include "gateway/commands/require.h"
#include "gateway/config/files/load.h"

namespace msggw::commands {

namespace {

constexpr std::size_t kMostDetail = 400;

/// What the API calls what an option of the command line says.
constexpr std::pair<std::string_view, std::string_view> kOptions[] = {
    {"matching:", "--matching:"},   {"idleSince:", "--idle-since:"},
    {"source:", "--source:"},       {"device:", "--device:"},
    {"direction:", "--direction:"}, {"priority:", "--priority:"},
    {"aliases ", "--alias "},       {"info ", "--info "}};

http::ClientOptions options(base::Duration patience) {
  http::ClientOptions options;
  options.max_connections = OperatorClient::kMostUnderWay;
  options.request_timeout = patience;
  options.connect_timeout = std::min(options.connect_timeout, patience);
  options.max_response_octets = 8 * 1024 * 1024;
  return options;
}

config::Config config_of(const cli::Source& source, const std::filesystem::path& installed) {
  return config_files::load(config_file_of(source.config, installed), {}, config::Purpose::look);
}

}  // namespace

std::filesystem::path config_file_of(const std::filesystem::path& said,
                                     const std::filesystem::path& installed) {
  std::error_code none;
  return said.empty() && std::filesystem::exists(installed, none) ? installed : said;
}

std::filesystem::path folder_of(const cli::Source& source, const std::filesystem::path& installed) {
  if (!source.folder.empty()) {
    // A demo's state folder holds the gateway's own folder.
    const auto inner = source.folder / "gateway";
    return std::filesystem::exists(inner / "data.mdb") ? inner : source.folder;
  }
  return config_of(source, installed).gateway.folder;
}

std::filesystem::path function_folder_of(const cli::Source& source) {
  return source.folder.empty() ? config_of(source, kInstalled).pf.folder : source.folder;
}

OperatorClient::OperatorClient(std::filesystem::path folder, base::Duration patience,
                               roster::Whose whose)
    : folder_(std::move(folder)),
      whose_(whose),
      access_(require(roster::read_access(folder_, whose))),
      http_(io_, options(patience)) {}

void OperatorClient::start(std::string method, const std::string& path, std::string content_type,
                           std::string body, http::Done done) {
  http::ClientRequest request;
  request.method = std::move(method);
  request.url = access_.url;
  request.url.path += path;
  request.content_type = std::move(content_type);
  request.body = std::move(body);
  request.authorization = "Bearer " + access_.token;
  http_.start(std::move(request), std::move(done));
}

base::Result<http::ClientResponse> OperatorClient::call(std::string method, const std::string& path,
                                                        std::string content_type,
                                                        std::string body) {
  std::optional<base::Result<http::ClientResponse>> answer;
  start(std::move(method), path, std::move(content_type), std::move(body),
        [&](base::Result<http::ClientResponse> response) { answer = std::move(response); });
  while (!answer) {
    io_.restart();
    io_.run_one();
  }
  if (!*answer) {
    const std::string who = whose_ == roster::Whose::gateway ? "gateway" : "Provisioning Function";
    return base::fail(base::Errc::unavailable, "no " + who + " answers at " +
                                                   base::to_string(access_.url) + " (" +
                                                   answer->error().detail + "); is it running?");
  }
  return std::move(*answer);
}

void OperatorClient::look_again() {
  if (auto access = roster::read_access(folder_, whose_)) access_ = std::move(*access);
}

std::string reason_of(const http::ClientResponse& response) {
  if (response.status == 401)
    return "what answers does not know the token in operator.json: it has just been "
           "started anew, so try again, or another one has its port";
  const auto problem = base::parse_json(response.body, {});
  const auto detail = problem ? base::text_member(*problem, "detail") : std::nullopt;
  if (!detail) return "HTTP status " + std::to_string(response.status);
  const auto cause = base::text_member(*problem, "cause");
  if (cause == "NOT_FOUND" || cause == "METHOD_NOT_ALLOWED")
    return "what runs is of another version, which does not know this command";
  for (const auto& [member, option] : kOptions) {
    if (detail->starts_with(member))
      return std::string(option) + base::printable(detail->substr(member.size()), kMostDetail);
  }
  return base::printable(*detail, kMostDetail);
}

std::string device_path(std::string_view private_id) {
  return "/api/v1/devices/" + base::path_segment(private_id);
}

std::string alias_path(std::string_view private_id, std::string_view alias) {
  return device_path(private_id) + "/aliases/" + base::path_segment(alias);
}

}  // namespace msggw::commands

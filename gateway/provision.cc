#include "gateway/provision.h"

#include <boost/asio/io_context.hpp>
#include <optional>
#include <string>
#include <utility>

#include "adapters/http/client.h"
#include "gateway/cli/report.h"
#include "provisioning/client/verdict.h"
#include "provisioning/protocol/address.h"
#include "provisioning/protocol/messages.h"

namespace msggw {

namespace {

http::ClientOptions options_of(const cli::Provision& command) {
  http::ClientOptions options;
  options.tls = {command.ca, command.certificate, command.key};
  options.request_timeout = command.timeout;
  options.connect_timeout = command.timeout;
  return options;
}

base::Result<http::ClientResponse> exchange(const cli::Provision& command,
                                            const protocol::ApiRoot& root) {
  boost::asio::io_context io{1};
  http::Client client(io, options_of(command));
  http::ClientRequest request;
  request.url = protocol::provisionings_url(root);
  request.content_type = protocol::media_type(protocol::Encoding::json);
  request.accept = request.content_type;
  request.body = protocol::encode_request(protocol::Encoding::json, command.type,
                                          command.private_id, command.info);
  if (!command.token.empty()) request.authorization = "Bearer " + command.token;
  std::optional<base::Result<http::ClientResponse>> response;
  client.start(std::move(request),
               [&](base::Result<http::ClientResponse> got) { response = std::move(got); });
  while (!response && io.run_one() > 0) {
  }
  if (!response) return base::fail(base::Errc::unavailable, "the request ended without an answer");
  return std::move(*response);
}

}  // namespace

cli::ExitCode run_provision(const cli::Provision& command, std::ostream& out, std::ostream& err) {
  const auto root = protocol::parse_api_root(command.uri);
  if (!root) {
    err << "msggw provision: --pf " << command.uri << ": " << root.error().detail << '\n';
    return cli::ExitCode::usage;
  }
  const auto response = exchange(command, *root);
  if (!response) {
    err << "msggw provision: no answer: " << response.error().detail << '\n';
    return response.error().code == base::Errc::unavailable ? cli::ExitCode::unreachable
                                                            : cli::ExitCode::useless;
  }
  const client::Verdict verdict = client::judge(*response, {});
  if (const auto* answer = std::get_if<core::Provisioned>(&verdict)) {
    cli::print_provisioned(
        out, {answer->service_id, answer->profile.server_service_ids, answer->profile.service_info},
        command.json);
    return cli::ExitCode::ok;
  }
  if (const auto* refused = std::get_if<client::Refused>(&verdict)) {
    err << "msggw provision: refused: " << refused->cause << ": " << refused->detail << '\n';
    return cli::ExitCode::refused;
  }
  if (const auto* away = std::get_if<client::Unavailable>(&verdict)) {
    err << "msggw provision: not now: " << away->reason;
    if (away->retry_after.count() > 0)
      err << ", retry after " << away->retry_after.count() / 1000 << " s";
    err << '\n';
    return cli::ExitCode::unreachable;
  }
  err << "msggw provision: an answer of no use: " << std::get<client::Useless>(verdict).reason
      << '\n';
  return cli::ExitCode::useless;
}

}  // namespace msggw

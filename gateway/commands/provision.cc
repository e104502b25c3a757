// SPDX-License-Identifier: Apache-2.0
#include "gateway/commands/commands.h"

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "gateway/cli/report.h"
#include "gateway/core/private_id.h"
#include "provisioning/client/binding.h"
#include "provisioning/protocol/address.h"
#include "provisioning/protocol/messages.h"

namespace msggw::commands {

namespace {

using Action = cli::Provision::Action;

client::Options options_of(const cli::Provision& command) {
  client::Options options;
  options.http.tls = {command.ca, command.certificate, command.key};
  options.http.request_timeout = options.http.connect_timeout = command.timeout;
  options.coap.request_timeout = options.coap.connect_timeout = command.timeout;
  options.coap.message_binding = command.message;
  options.token = command.token;
  options.psk_identity = command.psk_identity;
  options.psk_key = command.psk_key;
  options.encoding = command.encoding;
  return options;
}

/// One request over the binding that the gateway would use too, waited for.
base::Result<client::Reply> exchange(const cli::Provision& command) {
  const base::Uri& root = command.uri;
  boost::asio::io_context io{1};
  const client::Bindings bindings(io, options_of(command), {root});
  client::Binding& binding = bindings.of(root.scheme);
  std::optional<base::Result<client::Reply>> reply;
  const auto done = [&](base::Result<client::Reply> got) { reply = std::move(got); };
  switch (command.action) {
    case Action::provision:
      binding.start(client::Call::provision, binding.url_of(root),
                    protocol::encode_request(command.encoding, command.type, command.private_id,
                                             command.info),
                    done);
      break;
    case Action::look_up:
      binding.start(client::Call::look_up, protocol::provisioning_url(root, command.private_id), {},
                    done);
      break;
    case Action::release:
      binding.start(client::Call::release, protocol::provisioning_url(root, command.private_id), {},
                    done);
      break;
  }
  while (!reply && io.run_one() > 0) {
  }
  if (!reply) return base::fail(base::Errc::unavailable, "the request ended without an answer");
  return std::move(*reply);
}

client::Verdict verdict_of(const cli::Provision& command, base::Result<client::Reply> reply) {
  if (!reply) {
    std::string& why = reply.error().detail;
    if (reply.error().code == base::Errc::unavailable)
      return client::Unavailable{"no answer: " + why};
    return client::Useless{std::move(why)};
  }
  if (command.action == Action::release) return client::judge_release(std::move(*reply), {});
  const auto id = core::PrivateId::parse(command.private_id, core::PrivateId::kMostOctets);
  return client::judge(std::move(*reply), {}, id ? std::string_view(id->text()) : "");
}

/// Fills in what the verdict says; what it points to lives in `verdict`.
cli::ExitCode fill(cli::ProvisionReport& report, const client::Verdict& verdict) {
  if (const auto* answer = std::get_if<core::Provisioned>(&verdict)) {
    report.outcome = "provisioned";
    report.service_id = answer->service_id;
    report.server_service_ids = answer->profile.server_service_ids;
    report.service_info = answer->profile.service_info;
    report.lifetime = answer->lifetime;
    return cli::ExitCode::ok;
  }
  if (std::holds_alternative<client::Released>(verdict)) {
    report.outcome = "released";
    return cli::ExitCode::ok;
  }
  if (const auto* refused = std::get_if<client::Refused>(&verdict)) {
    report.outcome = "refused";
    report.cause = refused->cause;
    report.detail = refused->detail;
    return cli::ExitCode::refused;
  }
  if (const auto* away = std::get_if<client::Unavailable>(&verdict)) {
    report.outcome = "unavailable";
    report.detail = away->reason;
    report.retry_after = away->retry_after;
    return cli::ExitCode::unreachable;
  }
  report.outcome = "useless";
  const auto* useless = std::get_if<client::Useless>(&verdict);
  report.detail = "the answer is about another Private ID";
  if (useless != nullptr) report.detail = useless->reason;  // which lives in `verdict`
  return cli::ExitCode::useless;
}

}  // namespace

cli::ExitCode execute(const cli::Provision& command, std::ostream& out, std::ostream& err) {
  const auto start = std::chrono::steady_clock::now();
  auto reply = exchange(command);
  const auto took = std::chrono::steady_clock::now() - start;
  cli::ProvisionReport report;
  report.private_id = command.private_id;
  report.protocol = base::name_of(command.uri.scheme);
  report.elapsed = std::chrono::duration_cast<base::Duration>(took);
  const std::string status = reply ? reply->status : std::string();
  report.status = status;
  const bool unknown = command.action == Action::look_up && reply &&
                       reply->meaning == client::Meaning::not_found && reply->encoding;
  const client::Verdict verdict = verdict_of(command, std::move(reply));
  cli::ExitCode code = fill(report, verdict);
  if (unknown) {
    report.outcome = "unknown";
    report.detail = "the Private ID has no Service ID there";
    code = cli::ExitCode::failed;
  }
  cli::print_provision(out, err, report, command.json);
  return code;
}

}  // namespace msggw::commands

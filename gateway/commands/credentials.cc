// SPDX-License-Identifier: Apache-2.0
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>

#include "gateway/base/document.h"
#include "gateway/base/text.h"
#include "gateway/cli/json_members.h"
#include "gateway/commands/answers.h"
#include "gateway/commands/commands.h"
#include "gateway/commands/operator_client.h"
#include "gateway/commands/require.h"
#include "gateway/credentials/password.h"

namespace msggw::commands {

namespace {

constexpr std::size_t kMostSecret = 1'024;

/// The first line of the file. Throws std::runtime_error, which quotes nothing of it.
std::string read_secret(const std::filesystem::path& file) {
  std::ifstream opened;
  if (file != "-") {
    opened.open(file, std::ios::binary);
    if (!opened) throw std::runtime_error("cannot read " + file.string());
  }
  std::istream& in = file == "-" ? std::cin : opened;
  std::string secret(kMostSecret + 1, '\0');
  in.getline(secret.data(), static_cast<std::streamsize>(secret.size()));
  if (in.fail() && !in.eof()) throw std::runtime_error("the secret is too long");
  const auto taken = static_cast<std::size_t>(in.gcount());
  secret.resize(taken > 0 && !in.eof() ? taken - 1 : taken);  // without the end of the line
  if (secret.ends_with('\r')) secret.pop_back();
  if (secret.find('\0') != secret.npos)
    throw std::runtime_error("a secret cannot have a NUL octet: brokers would see what is before");
  if (secret.empty()) throw std::runtime_error("no secret: its first line is empty");
  return secret;
}

std::string credentials_path(std::string_view private_id) {
  return device_path(private_id) + "/credentials";
}

std::string text_in(const boost::json::value& value, std::string_view name) {
  const auto text = base::text_member(value, name);
  return text ? base::printable(*text, 200) : "";
}

/// "credential 3 of meter-42: psk meter-42/1, good, until 2027-01-31T00:00:00Z"
std::string line_of(const boost::json::value& credential) {
  std::string line = "credential " + std::to_string(cli::number_of(credential, "id")) + " of " +
                     text_in(credential, "privateId") + ": " + text_in(credential, "kind") + " " +
                     text_in(credential, "name") + ", " + text_in(credential, "standing");
  if (const auto from = text_in(credential, "notBefore"); !from.empty()) line += ", from " + from;
  if (const auto until = text_in(credential, "notAfter"); !until.empty())
    line += ", until " + until;
  return line;
}

boost::json::value parsed(const http::ClientResponse& answer) {
  auto value = base::parse_json(answer.body, {.octets = 1 << 20});
  if (!value) throw std::runtime_error("the answer is not understood");
  return std::move(*value);
}

std::string body_of(const cli::AddCredential& command) {
  std::string body;
  base::ObjectWriter writer(base::Encoding::json, body);
  writer.text("kind", command.kind);
  if (!command.name.empty()) writer.text("name", command.name);
  if (command.kind == "psk") writer.text("key", read_secret(command.secret_file));
  if (command.kind == "password")
    writer.text("hash", credentials::hash_password(read_secret(command.secret_file)));
  if (!command.not_before.empty()) writer.text("notBefore", command.not_before);
  if (!command.not_after.empty()) writer.text("notAfter", command.not_after);
  writer.end();
  return body;
}

/// What the gateway answered; none, and said: it refused.
std::optional<boost::json::value> told(const http::ClientResponse& answer, const char* command,
                                       std::string_view subject, std::ostream& err) {
  if (answer.status == 200 || answer.status == 201) return parsed(answer);
  err << "msggw " << command << ": " << base::printable(subject, 255) << ": " << reason_of(answer)
      << '\n';
  return std::nullopt;
}

}  // namespace

cli::ExitCode execute(const cli::AddCredential& command, std::ostream& out, std::ostream& err) {
  constexpr const char* kCommand = "devices credential add";
  return with_gateway(kCommand, command.source, err, [&](OperatorClient& client) {
    const auto answer = require(client.call("POST", credentials_path(command.private_id),
                                            "application/json", body_of(command)));
    const auto credential = told(answer, kCommand, command.private_id, err);
    if (!credential) return cli::ExitCode::failed;
    if (command.json) {
      out << answer.body;
    } else {
      out << line_of(*credential) << (answer.status == 201 ? "" : " (known)") << '\n';
    }
    return cli::ExitCode::ok;
  });
}

cli::ExitCode execute(const cli::ListCredentials& command, std::ostream& out, std::ostream& err) {
  constexpr const char* kCommand = "devices credential list";
  return with_gateway(kCommand, command.source, err, [&](OperatorClient& client) {
    const auto answer = require(client.call("GET", credentials_path(command.private_id)));
    const auto list = told(answer, kCommand, command.private_id, err);
    if (!list) return cli::ExitCode::failed;
    if (command.json) {
      out << answer.body;
      return cli::ExitCode::ok;
    }
    const auto* all = base::member(*list, "credentials");
    if (all == nullptr || !all->is_array())
      throw std::runtime_error("the answer is not understood");
    for (const auto& credential : all->get_array()) out << line_of(credential) << '\n';
    return cli::ExitCode::ok;
  });
}

cli::ExitCode execute(const cli::RemoveCredentials& command, std::ostream& out, std::ostream& err) {
  constexpr const char* kCommand = "devices credential remove";
  return with_gateway(kCommand, command.source, err, [&](OperatorClient& client) {
    auto code = cli::ExitCode::ok;
    for (const std::uint32_t number : command.numbers) {
      const auto answer = require(client.call("DELETE", credentials_path(command.private_id) + "/" +
                                                            std::to_string(number) +
                                                            (command.last ? "?last=true" : "")));
      const auto was = told(answer, kCommand, std::to_string(number), err);
      if (!was) {
        code = cli::ExitCode::failed;
      } else if (command.json) {
        out << answer.body;
      } else {
        out << line_of(*was) << ": removed\n";
      }
    }
    return code;
  });
}

}  // namespace msggw::commands

// SPDX-License-Identifier: Apache-2.0
#include "gateway/commands/commands.h"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <thread>

#include "gateway/base/document.h"
#include "gateway/base/text.h"
#include "gateway/cli/json_members.h"
#include "gateway/cli/report.h"
#include "gateway/commands/answers.h"
#include "gateway/commands/operator_client.h"
#include "gateway/commands/require.h"

namespace msggw::commands {

namespace {

using Operation = cli::OperateDevices::Operation;

const char* word_of(Operation operation) {
  switch (operation) {
    case Operation::suspend: return "suspend";
    case Operation::resume: return "resume";
    case Operation::remove: return "remove";
    case Operation::reprovision: return "reprovision";
  }
  return "?";
}

constexpr std::chrono::seconds kForgottenWithin{5};
constexpr std::chrono::milliseconds kLookAgain{20};

std::string text_of(std::string_view json, std::string_view name) {
  const auto value = base::parse_json(json, {.octets = 1 << 20});
  const auto text = value ? base::text_member(*value, name) : std::nullopt;
  return text ? base::printable(*text, 400) : "?";
}

/// What was said of a device that was known, and is not taken over; empty: nothing.
std::string kept_of(std::string_view json) {
  const auto value = base::parse_json(json, {.octets = 1 << 20});
  const auto* kept = value ? base::member(*value, "kept") : nullptr;
  std::string all;
  if (kept != nullptr && kept->is_array()) {
    for (const auto& each : kept->get_array()) {
      const auto name = base::text_of(each).value_or("?");
      all += (all.empty() ? "" : " and ") + (name == "ueType" ? "type" : base::printable(name));
    }
  }
  if (all.empty()) return {};
  return "; what was said of its " + all + " is not taken over: to change it, remove it first";
}

/// Tells what came of each request: the answer as it came, or in words, or why it failed.
struct Report {
  std::ostream& out;
  std::ostream& err;
  std::string command;  ///< "devices add"
  bool json;
  cli::ExitCode code = cli::ExitCode::ok;

  void tell(const http::ClientResponse& answer, bool good, const std::string& subject,
            const std::string& text) {
    if (!good) {
      err << "msggw " << command << ": " << subject << ": " << reason_of(answer) << '\n';
      code = cli::ExitCode::failed;
    } else if (json) {
      out << answer.body;
    } else {
      out << text << '\n';
    }
  }
};

std::string messages_of(std::string_view json) {
  const auto value = base::parse_json(json, {.octets = 1 << 20});
  if (!value) return {};
  return messages_text(cli::number_of(*value, "messagesEnding"),
                       cli::number_of(*value, "messagesSending"));
}

/// A device that was forgotten goes within two commits, or when a request about it has ended; then
/// it is not `removing` any more.
bool is_gone(OperatorClient& client, const std::string& path) {
  const auto until = std::chrono::steady_clock::now() + kForgottenWithin;
  const auto is_removing = [](const http::ClientResponse& answer) {
    return answer.status != 404 && text_of(answer.body, "state") == "removing";
  };
  while (is_removing(require(client.call("GET", path)))) {
    if (std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(kLookAgain);
  }
  return true;
}

/// What is answered about a device that is gone by now, after `removing` was.
http::ClientResponse removed_answer(std::string_view private_id, std::string_view removing) {
  http::ClientResponse answer;
  base::ObjectWriter writer(base::Encoding::json, answer.body);
  writer.text("privateId", private_id);
  writer.text("state", core::name_of(core::DeviceState::removed));
  const auto value = base::parse_json(removing, {.octets = 1 << 20});
  const auto ending = value ? cli::number_of(*value, "messagesEnding") : 0;
  if (ending > 0) writer.number("messagesEnding", ending);
  writer.end();
  answer.body += '\n';
  return answer;
}

}  // namespace

cli::ExitCode execute(const cli::AddDevice& command, std::ostream& out, std::ostream& err) {
  return with_gateway("devices add", command.source, err, [&](OperatorClient& client) {
    std::string body;
    base::ObjectWriter writer(base::Encoding::json, body);
    writer.text("privateId", command.private_id);
    if (command.type) writer.text("ueType", core::name_of(*command.type));
    if (!command.info.empty()) writer.json("info", command.info);
    if (!command.aliases.empty()) writer.texts("aliases", command.aliases);
    writer.end();
    const auto answer =
        require(client.call("POST", "/api/v1/devices", "application/json", std::move(body)));
    Report report{out, err, "devices add", command.json};
    report.tell(answer, answer.status == 201 || answer.status == 200,
                base::printable(command.private_id, 255),
                text_of(answer.body, "privateId") + (answer.status == 201 ? " added" : " known") +
                    kept_of(answer.body));
    return report.code;
  });
}

cli::ExitCode execute(const cli::OperateDevices& command, std::ostream& out, std::ostream& err) {
  const std::string name = std::string("devices ") + word_of(command.operation);
  return with_gateway(name, command.source, err, [&](OperatorClient& client) {
    Report report{out, err, name, command.json};
    for (const std::string& private_id : command.private_ids) {
      const std::string path = device_path(private_id);
      const auto answer = require(
          command.operation == Operation::remove && !command.force
              ? client.call("DELETE", path)
              : client.call("POST",
                            path + "/" + (command.force ? "forget" : word_of(command.operation))));
      const bool is_done = answer.status == 200 || answer.status == 202;
      const bool is_removed = command.force && is_done && is_gone(client, path);
      report.tell(is_removed ? removed_answer(private_id, answer.body) : answer, is_done,
                  base::printable(private_id, 255),
                  text_of(answer.body, "privateId") + ' ' +
                      (is_removed ? "removed" : text_of(answer.body, "state")) +
                      (command.force ? kNotReleased : "") + messages_of(answer.body));
    }
    return report.code;
  });
}

cli::ExitCode execute(const cli::RemoveAliases& command, std::ostream& out, std::ostream& err) {
  return with_gateway("devices remove", command.source, err, [&](OperatorClient& client) {
    Report report{out, err, "devices remove", command.json};
    for (const std::string& alias : command.aliases) {
      const auto answer = require(client.call("DELETE", alias_path(command.private_id, alias)));
      const std::string shown = base::printable(alias, 255);
      report.tell(answer, answer.status == 200, "alias " + shown,
                  text_of(answer.body, "privateId") + " without " + shown);
    }
    return report.code;
  });
}

cli::ExitCode execute(const cli::ShowStatus& command, std::ostream& out, std::ostream& err) {
  return with_running(
      "status", command.of, err,
      [&](OperatorClient& client) {
        const auto answer = require(client.call("GET", "/api/v1/status"));
        if (answer.status != 200) {
          err << "msggw status: " << reason_of(answer) << '\n';
          return cli::ExitCode::failed;
        }
        if (command.json) {
          out << answer.body;
        } else if (!cli::print_status(out, answer.body)) {
          err << "msggw status: the answer is not understood\n";
          return cli::ExitCode::failed;
        }
        return cli::is_well(answer.body) ? cli::ExitCode::ok : cli::ExitCode::failed;
      },
      command.timeout);
}

}  // namespace msggw::commands

// SPDX-License-Identifier: Apache-2.0
#include "gateway/commands/commands.h"

#include <boost/json/value.hpp>
#include <stdexcept>

#include "gateway/base/document.h"
#include "gateway/base/text.h"
#include "gateway/cli/report.h"
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

std::string text_of(std::string_view json, std::string_view name) {
  const auto value = base::parse_json(json, {.octets = 1 << 20});
  const auto text = value ? base::text_member(*value, name) : std::nullopt;
  return text ? base::printable(*text, 400) : "?";
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

/// No gateway, or one that cannot be reached: exit code 1, since the command line was right.
template <class Work>
cli::ExitCode with_gateway(const char* name, const cli::Source& source, std::ostream& err,
                           const Work& work) {
  const std::filesystem::path folder = folder_of(source);
  try {
    OperatorClient client(folder);
    return work(client);
  } catch (const std::runtime_error& error) {
    err << "msggw " << name << ": " << error.what() << '\n';
    return cli::ExitCode::failed;
  }
}

}  // namespace

cli::ExitCode execute(const cli::AddDevice& command, std::ostream& out, std::ostream& err) {
  return with_gateway("devices add", command.source, err, [&](OperatorClient& client) {
    std::string body;
    base::ObjectWriter writer(base::Encoding::json, body);
    writer.text("privateId", command.private_id);
    writer.text("ueType", core::name_of(command.type));
    if (!command.info.empty()) writer.json("info", command.info);
    if (!command.aliases.empty()) writer.texts("aliases", command.aliases);
    writer.end();
    const auto answer =
        require(client.call("POST", "/api/v1/devices", "application/json", std::move(body)));
    Report report{out, err, "devices add", command.json};
    report.tell(answer, answer.status == 201 || answer.status == 200,
                base::printable(command.private_id, 255),
                text_of(answer.body, "privateId") + (answer.status == 201 ? " added" : " known"));
    return report.code;
  });
}

cli::ExitCode execute(const cli::OperateDevices& command, std::ostream& out, std::ostream& err) {
  const std::string name = std::string("devices ") + word_of(command.operation);
  return with_gateway(name.c_str(), command.source, err, [&](OperatorClient& client) {
    Report report{out, err, name, command.json};
    for (const std::string& private_id : command.private_ids) {
      const std::string path = device_path(private_id);
      const auto answer = require(
          command.operation == Operation::remove && !command.force
              ? client.call("DELETE", path)
              : client.call("POST",
                            path + "/" + (command.force ? "forget" : word_of(command.operation))));
      report.tell(answer, answer.status == 200 || answer.status == 202,
                  base::printable(private_id, 255),
                  text_of(answer.body, "privateId") + ' ' + text_of(answer.body, "state") +
                      (command.force ? kNotReleased : ""));
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
  return with_gateway("status", command.source, err, [&](OperatorClient& client) {
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
    return text_of(answer.body, "store") == "up" ? cli::ExitCode::ok : cli::ExitCode::failed;
  });
}

}  // namespace msggw::commands

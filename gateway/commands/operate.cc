// SPDX-License-Identifier: Apache-2.0
#include "gateway/commands/operate.h"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <stdexcept>

#include "gateway/base/document.h"
#include "gateway/base/text.h"
#include "gateway/cli/report.h"
#include "gateway/commands/operator_client.h"

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
  const auto* members = value ? value->if_object() : nullptr;
  const auto* member = members == nullptr ? nullptr : members->if_contains(name);
  const auto* text = member == nullptr ? nullptr : member->if_string();
  return text == nullptr ? "?" : base::printable({text->data(), text->size()}, 400);
}

http::ClientResponse require(base::Result<http::ClientResponse> answer) {
  if (!answer) throw std::runtime_error(answer.error().detail);
  return std::move(*answer);
}

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

cli::ExitCode add_device(const cli::AddDevice& command, std::ostream& out, std::ostream& err) {
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
    if (answer.status != 201 && answer.status != 200) {
      err << "msggw devices add: " << base::printable(command.private_id, 255) << ": "
          << reason_of(answer) << '\n';
      return cli::ExitCode::failed;
    }
    if (command.json) {
      out << answer.body;
    } else {
      out << text_of(answer.body, "privateId") << (answer.status == 201 ? " added" : " known")
          << '\n';
    }
    return cli::ExitCode::ok;
  });
}

cli::ExitCode operate_devices(const cli::OperateDevices& command, std::ostream& out,
                              std::ostream& err) {
  const std::string name = std::string("devices ") + word_of(command.operation);
  return with_gateway(name.c_str(), command.source, err, [&](OperatorClient& client) {
    auto code = cli::ExitCode::ok;
    for (const std::string& private_id : command.private_ids) {
      const std::string path = device_path(private_id);
      const auto answer =
          require(command.operation == Operation::remove
                      ? client.call("DELETE", path)
                      : client.call("POST", path + "/" + word_of(command.operation)));
      if (answer.status != 200 && answer.status != 202) {
        err << "msggw " << name << ": " << base::printable(private_id, 255) << ": "
            << reason_of(answer) << '\n';
        code = cli::ExitCode::failed;
      } else if (command.json) {
        out << answer.body;
      } else {
        out << text_of(answer.body, "privateId") << ' ' << text_of(answer.body, "state") << '\n';
      }
    }
    return code;
  });
}

cli::ExitCode remove_aliases(const cli::RemoveAliases& command, std::ostream& out,
                             std::ostream& err) {
  return with_gateway("devices remove", command.source, err, [&](OperatorClient& client) {
    auto code = cli::ExitCode::ok;
    for (const std::string& alias : command.aliases) {
      const auto answer = require(client.call("DELETE", alias_path(command.private_id, alias)));
      if (answer.status != 200) {
        err << "msggw devices remove: alias " << base::printable(alias, 255) << ": "
            << reason_of(answer) << '\n';
        code = cli::ExitCode::failed;
      } else if (command.json) {
        out << answer.body;
      } else {
        out << text_of(answer.body, "privateId") << " without " << base::printable(alias, 255)
            << '\n';
      }
    }
    return code;
  });
}

cli::ExitCode show_status(const cli::ShowStatus& command, std::ostream& out, std::ostream& err) {
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

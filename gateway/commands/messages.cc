// SPDX-License-Identifier: Apache-2.0
// `msggw messages list`, `msggw messages show`.
#include "gateway/cli/report.h"
#include "gateway/commands/answers.h"
#include "gateway/commands/commands.h"

namespace msggw::commands {

cli::ExitCode execute(const cli::ListMessages& command, std::ostream& out, std::ostream& err) {
  return with_gateway("messages list", command.source, err, [&](OperatorClient& client) {
    const std::string query = parameter("device", command.filter.device) +
                              parameter("direction", command.filter.direction) +
                              parameter("priority", command.filter.priority) +
                              parameter("stage", command.stage);
    std::size_t shown = 0;
    each_message(client, query, [&](const boost::json::value& message) {
      if (command.json) {
        print_json(out, message);
      } else {
        if (shown == 0) cli::print_messages_head(out);
        cli::print_message_row(out, message);
      }
      return ++shown != command.limit;
    });
    if (shown == 0 && !command.json) out << "no messages\n";
    return cli::ExitCode::ok;
  });
}

cli::ExitCode execute(const cli::ShowMessage& command, std::ostream& out, std::ostream& err) {
  return with_gateway("messages show", command.source, err, [&](OperatorClient& client) {
    const auto message =
        answer_of(require(client.call("GET", "/api/v1/messages/" + std::to_string(command.number) +
                                                 (command.content ? "?content=true" : ""))));
    command.json ? print_json(out, message) : cli::print_message(out, message);
    return cli::ExitCode::ok;
  });
}

}  // namespace msggw::commands

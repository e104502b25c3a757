// SPDX-License-Identifier: Apache-2.0
// `msggw why` and `msggw trace`.
#include <algorithm>

#include "gateway/cli/json_members.h"
#include "gateway/cli/report.h"
#include "gateway/commands/answers.h"
#include "gateway/commands/commands.h"

namespace msggw::commands {

namespace {

/// The messages that are durable, and of which the gateway may not remember how they came: those of
/// the device, or those under that msgId. `trace` is what it remembers, and gets them.
void add_durable(boost::json::value& trace, const std::string& of, OperatorClient& client) {
  auto* const known = trace.is_object() ? trace.get_object()["messages"].if_array() : nullptr;
  if (known == nullptr) throw std::runtime_error("the answer is not understood");
  const auto private_id = base::text_member(trace, "privateId");
  const std::string query = private_id ? parameter("device", *private_id) : parameter("msgId", of);
  std::vector<std::uint64_t> numbers;
  for (const auto& message : *known) numbers.push_back(cli::number_of(message, "number"));
  each_message(client, query, [&](const boost::json::value& message) {
    const auto number = cli::number_of(message, "number");
    const auto at = std::find(numbers.begin(), numbers.end(), number);
    if (at == numbers.end())
      known->push_back(message);
    else  // the list has read what it carries
      (*known)[static_cast<std::size_t>(at - numbers.begin())] = message;
    return true;
  });
}

}  // namespace

cli::ExitCode execute(const cli::Why& command, std::ostream& out, std::ostream& err) {
  return with_gateway("why", command.source, err, [&](OperatorClient& client) {
    const auto answer = require(client.call("GET", device_path(command.private_id) + "/why"));
    const auto why = answer_of(answer);
    if (command.json)
      out << answer.body;
    else if (!cli::print_why(out, why))
      throw std::runtime_error("the answer is not understood");
    return cli::ExitCode::ok;
  });
}

cli::ExitCode execute(const cli::Trace& command, std::ostream& out, std::ostream& err) {
  return with_gateway("trace", command.source, err, [&](OperatorClient& client) {
    auto trace = answer_of(
        require(client.call("GET", "/api/v1/trace?of=" + base::path_segment(command.of))));
    add_durable(trace, command.of, client);
    if (command.json) {
      print_json(out, trace);
    } else if (!cli::print_trace(out, trace)) {
      throw std::runtime_error("the answer is not understood");
    }
    const auto* events = cli::list_of(trace, "events");
    const auto* messages = cli::list_of(trace, "messages");
    const bool is_known = base::member(trace, "privateId") != nullptr ||
                          (events != nullptr && !events->empty()) ||
                          (messages != nullptr && !messages->empty());
    if (is_known) return cli::ExitCode::ok;
    err << "msggw trace: nothing is known of " << base::printable(command.of, 255) << '\n';
    return cli::ExitCode::failed;
  });
}

}  // namespace msggw::commands

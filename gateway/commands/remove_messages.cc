// SPDX-License-Identifier: Apache-2.0
// `msggw messages remove`: some by number; or many by what they have in common, counted first, then
// asked for, then removed slice by slice.
#include "gateway/base/document.h"
#include "gateway/cli/json_members.h"
#include "gateway/commands/answers.h"
#include "gateway/commands/commands.h"
#include "gateway/commands/question.h"

namespace msggw::commands {

namespace {

constexpr const char* kCommand = "messages remove";

std::string path_of(std::uint64_t number) {
  return "/api/v1/messages/" + std::to_string(number);
}

/// Why the message cannot be removed; empty: it can, unless something happens to it meanwhile.
std::string obstacle(std::uint64_t number, OperatorClient& client) {
  const auto answer = require(client.call("GET", path_of(number)));
  if (answer.status != 200) return reason_of(answer);
  const auto stage = base::text_member(answer_of(answer), "stage").value_or("");
  if (stage == "handed")
    return "the device or the server has it in hand, and what becomes of it is known soon; try "
           "again";
  return stage == "waiting" ? "" : "it has ended";
}

/// All that cannot be removed are told, before anything is.
bool can_all_go(const cli::RemoveMessages& command, OperatorClient& client, std::ostream& err) {
  bool can = true;
  for (const std::uint64_t number : command.numbers) {
    const std::string why = obstacle(number, client);
    if (why.empty()) continue;
    err << "msggw " << kCommand << ": " << number << ": " << why << '\n';
    can = false;
  }
  if (!can && command.numbers.size() > 1) err << "msggw " << kCommand << ": nothing is removed\n";
  return can;
}

cli::ExitCode remove_some(const cli::RemoveMessages& command, OperatorClient& client,
                          std::ostream& out, std::ostream& err) {
  if (!can_all_go(command, client, err)) return cli::ExitCode::failed;
  cli::ExitCode code = cli::ExitCode::ok;
  for (const std::uint64_t number : command.numbers) {
    const auto answer = require(client.call("DELETE", path_of(number)));
    if (answer.status != 200) {
      err << "msggw " << kCommand << ": " << number << ": " << reason_of(answer) << '\n';
      code = cli::ExitCode::failed;
    } else if (command.json) {
      out << answer.body;
    } else {
      out << number << " removed\n";
    }
  }
  return code;
}

/// Of messages, over slices.
struct Count {
  std::uint64_t messages = 0;
  std::uint64_t in_hand = 0;
  std::uint64_t all = 0;  ///< numbers of messages: later ones are not meant
};

class Slices {
 public:
  Slices(const cli::MessageFilter& filter, OperatorClient& client)
      : filter_(filter), client_(client) {}

  Count preview() {
    Count count;
    for (std::optional<std::uint64_t> at = 0; at;) at = take(*at, {}, count);
    return count;
  }
  /// `count` is what has come of it, also when it throws.
  void remove(std::uint64_t before, RemovalProgress& progress, Count& count) {
    for (std::optional<std::uint64_t> at = 0; at;) {
      at = take(*at, before, count);
      progress.show(count.messages);
    }
  }

 private:
  /// Returns where to go on. No `before`: nothing is removed.
  std::optional<std::uint64_t> take(std::uint64_t first, std::optional<std::uint64_t> before,
                                    Count& count) {
    std::string body;
    base::ObjectWriter writer(base::Encoding::json, body);
    if (!filter_.device.empty()) writer.text("device", filter_.device);
    if (!filter_.direction.empty()) writer.text("direction", filter_.direction);
    if (!filter_.priority.empty()) writer.text("priority", filter_.priority);
    writer.number("first", first);
    if (before) writer.number("before", *before);
    if (!before) writer.json("preview", "true");
    writer.end();
    const auto slice = answer_of(require(
        client_.call("POST", "/api/v1/messages/removals", "application/json", std::move(body))));
    count.messages += cli::number_of(slice, before ? "removed" : "selected");
    count.in_hand += cli::number_of(slice, "inHand");
    count.all = cli::number_of(slice, "all");
    return next_of(slice);
  }

  const cli::MessageFilter& filter_;
  OperatorClient& client_;
};

void tell(const char* word, const Count& count, bool json, std::ostream& out) {
  if (json) {
    out << "{\"" << word << "\":" << count.messages << ",\"inHand\":" << count.in_hand << "}\n";
    return;
  }
  out << count.messages << (count.messages == 1 ? " message" : " messages") << ' ' << word;
  if (count.in_hand > 0) out << "; in hand, and so not removed: " << count.in_hand;
  out << '\n';
}

cli::ExitCode remove_many(const cli::RemoveMessages& command, OperatorClient& client,
                          std::ostream& out, std::ostream& err) {
  Slices slices(command.filter, client);
  const Count found = slices.preview();
  if (found.messages == 0 && found.in_hand == 0) {
    err << "msggw " << kCommand << ": no such message\n";
    return cli::ExitCode::failed;
  }
  tell("selected", found, command.json, out);
  out << std::flush;
  if (!command.yes && !is_wanted(kCommand, "End them as failed?", err))
    return cli::ExitCode::failed;
  Count removed;
  const std::string trouble = trouble_of([&] {
    RemovalProgress progress(err, found.messages);
    slices.remove(found.all, progress, removed);
  });
  tell("removed", removed, command.json, out);
  if (!trouble.empty()) return ended_early(kCommand, trouble, err);
  return removed.in_hand == 0 ? cli::ExitCode::ok : cli::ExitCode::failed;
}

}  // namespace

cli::ExitCode execute(const cli::RemoveMessages& command, std::ostream& out, std::ostream& err) {
  return with_gateway(kCommand, command.source, err, [&](OperatorClient& client) {
    return command.numbers.empty() ? remove_many(command, client, out, err)
                                   : remove_some(command, client, out, err);
  });
}

}  // namespace msggw::commands

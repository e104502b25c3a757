// SPDX-License-Identifier: Apache-2.0
// `msggw messages`, `msggw why` and `msggw trace`.
#include <CLI/CLI.hpp>
#include <charconv>
#include <utility>

#include "gateway/base/text.h"
#include "gateway/cli/help.h"
#include "gateway/cli/options.h"

namespace msggw::cli {
namespace {

constexpr const char* kJson = "Print what the gateway answers, one JSON object";

/// The number of a message; none: `word` is none. Numbers begin with 1.
std::optional<std::uint64_t> number_of_message(const std::string& word) {
  std::uint64_t number = 0;
  const char* const end = word.data() + word.size();
  const auto [stop, error] = std::from_chars(word.data(), end, number);
  if (error != std::errc{} || stop != end || number == 0) return std::nullopt;
  return number;
}

/// The numbers that the words say; what is wrong with all that say none, in `wrong`.
std::vector<std::uint64_t> numbers_in(const std::vector<std::string>& words, std::string& wrong) {
  std::vector<std::uint64_t> numbers;
  for (const std::string& word : words) {
    if (const auto number = number_of_message(word))
      numbers.push_back(*number);
    else
      wrong += (wrong.empty() ? "'" : ", '") + base::printable(word) + '\'';
  }
  if (!wrong.empty()) wrong += ": no number of a message, as `msggw messages list` shows them\n";
  return numbers;
}

void add_filter(CLI::App& command, MessageFilter& filter) {
  command.add_option("--device", filter.device, "Only of this device, in any of its spellings")
      ->type_name("PRIVATE_ID");
  command.add_option("--direction", filter.direction, "Only from devices, or for them")
      ->type_name("up|down")
      ->check(CLI::IsMember({"up", "down"}));
  command.add_option("--priority", filter.priority, "Only of this priority")
      ->type_name("high|normal|low")
      ->check(CLI::IsMember({"high", "normal", "low"}));
}

void add_list(CLI::App& messages, Command& chosen) {
  CLI::App& command = *messages.add_subcommand("list", "The messages and reports that wait");
  const auto list = std::make_shared<ListMessages>();
  add_source(command, list->source);
  add_filter(command, list->filter);
  command
      .add_option("--stage", list->stage,
                  "Only those that wait, that somebody has in hand, or that have ended a moment "
                  "ago, well or not")
      ->type_name("waiting|handed|done|failed")
      ->check(CLI::IsMember({"waiting", "handed", "done", "failed"}));
  add_limit(command, list->limit);
  command.add_flag("--json", list->json, "Print one JSON object a message, each on its line");
  command.footer(std::string(kMessagesFooter));
  command.callback([list, &chosen] { chosen = *list; });
}

void add_show(CLI::App& messages, Command& chosen) {
  CLI::App& command = *messages.add_subcommand("show", "All that is known of one message");
  const auto show = std::make_shared<ShowMessage>();
  const auto word = std::make_shared<std::string>();
  command.add_option("NUMBER", *word, "As `list` shows it")->required();
  command.add_flag("--content", show->content,
                   "Show what its sender wrote, too: as text, or as base64 if it is none");
  add_source(command, show->source);
  command.add_flag("--json", show->json, kJson);
  command.footer(std::string(kMessagesFooter));
  command.callback([show, word, &chosen] {
    std::string wrong;
    const auto numbers = numbers_in({*word}, wrong);
    if (!wrong.empty()) {
      chosen = Stop{ExitCode::usage, "messages show: " + wrong};
      return;
    }
    show->number = numbers.front();
    chosen = *show;
  });
}

Command removal_of(RemoveMessages remove, const std::vector<std::string>& words) {
  std::string wrong;
  remove.numbers = numbers_in(words, wrong);
  if (!wrong.empty())
    return Stop{ExitCode::usage, "messages remove: " + wrong + "Nothing is removed.\n"};
  const MessageFilter& filter = remove.filter;
  const bool is_many =
      !filter.device.empty() || !filter.direction.empty() || !filter.priority.empty();
  if (is_many == !remove.numbers.empty())
    return Stop{ExitCode::usage,
                "messages remove: say NUMBERs, or --device, --direction and --priority\n"};
  return remove;
}

void add_remove(CLI::App& messages, Command& chosen) {
  CLI::App& command = *messages.add_subcommand(
      "remove", "End messages that wait, as failed; who asked for a report gets one");
  const auto remove = std::make_shared<RemoveMessages>();
  const auto words = std::make_shared<std::vector<std::string>>();
  command.add_option("NUMBER", *words, "As `list` shows them; if one cannot be removed, none is");
  add_filter(command, remove->filter);
  command.add_flag("--yes", remove->yes, "Remove the many without asking");
  add_source(command, remove->source);
  command.add_flag("--json", remove->json, "Print what the gateway answers, as JSON objects");
  command.footer(std::string(kMessagesFooter));
  command.callback([remove, words, &chosen] { chosen = removal_of(*remove, *words); });
}

}  // namespace

void add_messages(CLI::App& app, Command& chosen) {
  CLI::App& messages =
      *app.add_subcommand("messages", "Look at messages on their way, and remove some");
  messages.require_subcommand(1);
  messages.footer(std::string(kMessagesFooter));
  add_list(messages, chosen);
  add_show(messages, chosen);
  add_remove(messages, chosen);
}

void add_why(CLI::App& app, Command& chosen) {
  CLI::App& command = *app.add_subcommand("why", "Why a device is not where it should be");
  const auto why = std::make_shared<Why>();
  command.add_option("PRIVATE_ID", why->private_id, "In any of its spellings")->required();
  add_source(command, why->source);
  command.add_flag("--json", why->json, kJson);
  command.footer(std::string(kWhyFooter));
  command.callback([why, &chosen] { chosen = *why; });
}

void add_trace(CLI::App& app, Command& chosen) {
  CLI::App& command =
      *app.add_subcommand("trace", "How a message or a device came to where it stands");
  const auto trace = std::make_shared<Trace>();
  command
      .add_option("ID", trace->of, "A msgId, a Private ID in any of its spellings, or a Service ID")
      ->required();
  add_source(command, trace->source);
  command.add_flag("--json", trace->json, kJson);
  command.footer(std::string(kTraceFooter));
  command.callback([trace, &chosen] { chosen = *trace; });
}

}  // namespace msggw::cli

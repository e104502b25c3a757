// SPDX-License-Identifier: Apache-2.0
// `msggw devices remove` of all that have something in common: counted and shown, then asked for,
// then removed a slice of the table at a time.
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "gateway/base/document.h"
#include "gateway/base/text.h"
#include "gateway/cli/json_members.h"
#include "gateway/commands/answers.h"
#include "gateway/commands/commands.h"
#include "gateway/commands/question.h"

namespace msggw::commands {

namespace {

constexpr const char* kCommand = "devices remove";
constexpr std::size_t kMostShown = 5;
constexpr std::chrono::seconds kGoneWithin{5};
constexpr std::chrono::milliseconds kLookAgain{50};

/// What one slice of the table came to.
struct Slice {
  std::uint64_t devices = 0;
  std::uint64_t leaving = 0;  ///< that have been forgotten, and whose rows are still there
  std::uint64_t ending = 0;   ///< messages, and the next, as the gateway says
  std::uint64_t sending = 0;
  std::vector<std::string> shown;
  std::uint64_t all = 0;
  std::optional<std::uint64_t> next;
};

class Removal {
 public:
  Removal(const cli::RemoveDevices& command, OperatorClient& client)
      : command_(command), client_(client) {}

  /// Throws std::runtime_error: the gateway refuses, or does not answer.
  Slice ask(bool preview, std::uint64_t first, std::optional<std::uint64_t> before) {
    std::string body;
    base::ObjectWriter writer(base::Encoding::json, body);
    if (!command_.matching.empty()) writer.text("matching", command_.matching);
    if (!command_.idle_since.empty()) writer.text("idleSince", command_.idle_since);
    if (!command_.from.empty()) writer.text("source", command_.from);
    writer.number("first", first);
    if (before) writer.number("before", *before);
    if (preview) writer.json("preview", "true");
    if (command_.force) writer.json("forget", "true");
    writer.end();
    const auto answer = answer_of(
        require(client_.call("POST", "/api/v1/removals", "application/json", std::move(body))));
    Slice slice{cli::number_of(answer, preview ? "selected" : "removing"),
                cli::number_of(answer, "leaving"),
                cli::number_of(answer, "messagesEnding"),
                cli::number_of(answer, "messagesSending"),
                {},
                cli::number_of(answer, "all"),
                next_of(answer)};
    if (const auto* ids = cli::list_of(answer, "privateIds")) {
      for (const auto& id : *ids) slice.shown.emplace_back(base::text_of(id).value_or("?"));
    }
    return slice;
  }

 private:
  const cli::RemoveDevices& command_;
  OperatorClient& client_;
};

struct Preview {
  std::uint64_t devices = 0;
  std::uint64_t ending = 0;
  std::uint64_t sending = 0;
  std::vector<std::string> first;
  std::uint64_t all = 0;  ///< numbers of devices: later ones are not meant
};

Preview preview_of(Removal& removal) {
  Preview preview;
  for (std::optional<std::uint64_t> at = 0; at;) {
    Slice slice = removal.ask(true, *at, {});
    preview.devices += slice.devices;
    preview.ending += slice.ending;
    preview.sending += slice.sending;
    preview.all = slice.all;
    for (std::string& id : slice.shown) {
      if (preview.first.size() < kMostShown) preview.first.push_back(std::move(id));
    }
    at = slice.next;
  }
  return preview;
}

void tell(const Preview& preview, bool json, std::ostream& out) {
  if (json) {
    std::string line;
    base::ObjectWriter writer(base::Encoding::json, line);
    writer.number("selected", preview.devices);
    writer.texts("privateIds", preview.first);
    if (preview.ending != 0) writer.number("messagesEnding", preview.ending);
    if (preview.sending != 0) writer.number("messagesSending", preview.sending);
    writer.end();
    out << line << '\n' << std::flush;
    return;
  }
  out << preview.devices << (preview.devices == 1 ? " device: " : " devices: ");
  for (std::size_t i = 0; i < preview.first.size(); ++i)
    out << (i == 0 ? "" : ", ") << base::printable(preview.first[i], 100);
  if (preview.devices > preview.first.size())
    out << " and " << preview.devices - preview.first.size() << " more";
  out << messages_text(preview.ending, preview.sending) << '\n' << std::flush;
}

const char* question(bool force) {
  return force ? "End their registrations and forget them? The Provisioning Function keeps their "
                 "Service IDs assigned."
               : "End their registrations and release their Service IDs?";
}

/// `removed` is what has come of it, also when it throws.
void remove(Removal& removal, const Preview& preview, RemovalProgress& progress,
            std::uint64_t& removed) {
  for (std::optional<std::uint64_t> at = 0; at;) {
    const Slice slice = removal.ask(false, *at, preview.all);
    removed += slice.devices;
    at = slice.next;
    progress.show(removed);
  }
}

/// Whether the rows of those that were forgotten have gone; that takes two commits, or the end of a
/// request about one of them. False also if the gateway says no more.
bool are_gone(Removal& removal, const Preview& preview) try {
  const auto until = std::chrono::steady_clock::now() + kGoneWithin;
  for (std::optional<std::uint64_t> at = 0; at;) {
    const Slice slice = removal.ask(true, *at, preview.all);
    if (slice.leaving == 0) {
      at = slice.next;
    } else if (std::chrono::steady_clock::now() >= until) {
      return false;
    } else {
      std::this_thread::sleep_for(kLookAgain);
    }
  }
  return true;
} catch (const std::runtime_error&) {
  return false;
}

void tell(std::uint64_t removed, bool are_gone, const cli::RemoveDevices& command,
          std::ostream& out) {
  const char* const word = are_gone ? "removed" : "removing";
  if (command.json) {
    out << "{\"" << word << "\":" << removed << "}\n";
  } else {
    out << removed << ' ' << word << (command.force ? kNotReleased : "") << '\n';
  }
}

}  // namespace

cli::ExitCode execute(const cli::RemoveDevices& command, std::ostream& out, std::ostream& err) {
  return with_gateway(kCommand, command.source, err, [&](OperatorClient& client) {
    Removal removal(command, client);
    const Preview preview = preview_of(removal);
    if (preview.devices == 0) {
      err << "msggw " << kCommand << ": no such device\n";
      return cli::ExitCode::failed;
    }
    tell(preview, command.json, out);
    if (!command.yes && !is_wanted(kCommand, question(command.force), err))
      return cli::ExitCode::failed;
    std::uint64_t removed = 0;
    const std::string trouble = trouble_of([&] {
      RemovalProgress progress(err, preview.devices);
      remove(removal, preview, progress, removed);
    });
    const bool gone = command.force && trouble.empty() && are_gone(removal, preview);
    tell(removed, gone, command, out);
    return trouble.empty() ? cli::ExitCode::ok : ended_early(kCommand, trouble, err);
  });
}

}  // namespace msggw::commands

// SPDX-License-Identifier: Apache-2.0
// `msggw devices remove` of all that have something in common: counted and shown, then asked for,
// then removed a slice of the table at a time.
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <vector>

#include "gateway/base/document.h"
#include "gateway/base/json.h"
#include "gateway/base/text.h"
#include "gateway/commands/commands.h"
#include "gateway/commands/operator_client.h"
#include "gateway/commands/question.h"
#include "gateway/commands/require.h"

namespace msggw::commands {

namespace {

constexpr std::size_t kMostShown = 5;

/// What one slice of the table came to.
struct Slice {
  std::size_t devices = 0;
  std::vector<std::string> shown;
  std::uint64_t all = 0;
  std::optional<std::uint64_t> next;
};

std::optional<std::uint64_t> number_of(const boost::json::value& object, std::string_view name) {
  const auto* value = base::member(object, name);
  boost::json::error_code none;
  const auto number = value == nullptr ? 0 : value->to_number<std::uint64_t>(none);
  return value == nullptr || none ? std::nullopt : std::optional(number);
}

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
    const auto answer =
        require(client_.call("POST", "/api/v1/removals", "application/json", std::move(body)));
    if (answer.status != 200) throw std::runtime_error(reason_of(answer));
    const auto value = base::parse_json(answer.body, {.octets = 1 << 20});
    if (!value) throw std::runtime_error("the answer is not understood");
    Slice slice;
    slice.devices = number_of(*value, preview ? "selected" : "removing").value_or(0);
    slice.all = number_of(*value, "all").value_or(0);
    slice.next = number_of(*value, "next");
    const auto* ids = base::member(*value, "privateIds");
    if (ids == nullptr || !ids->is_array()) return slice;
    for (const auto& id : ids->get_array())
      slice.shown.emplace_back(base::text_of(id).value_or("?"));
    return slice;
  }

 private:
  const cli::RemoveDevices& command_;
  OperatorClient& client_;
};

struct Preview {
  std::size_t devices = 0;
  std::vector<std::string> first;
  std::uint64_t all = 0;  ///< numbers of devices: later ones are not meant
};

Preview preview_of(Removal& removal) {
  Preview preview;
  for (std::optional<std::uint64_t> at = 0; at;) {
    Slice slice = removal.ask(true, *at, {});
    preview.devices += slice.devices;
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
    writer.end();
    out << line << '\n' << std::flush;
    return;
  }
  out << preview.devices << (preview.devices == 1 ? " device: " : " devices: ");
  for (std::size_t i = 0; i < preview.first.size(); ++i)
    out << (i == 0 ? "" : ", ") << base::printable(preview.first[i], 100);
  if (preview.devices > preview.first.size())
    out << " and " << preview.devices - preview.first.size() << " more";
  out << '\n' << std::flush;
}

const char* question(bool force) {
  return force ? "End their registrations and forget them? The Provisioning Function keeps their "
                 "Service IDs assigned."
               : "End their registrations and release their Service IDs?";
}

std::size_t remove(Removal& removal, const Preview& preview, std::ostream& err) {
  RemovalProgress progress(err, preview.devices);
  std::size_t removed = 0;
  for (std::optional<std::uint64_t> at = 0; at;) {
    const Slice slice = removal.ask(false, *at, preview.all);
    removed += slice.devices;
    at = slice.next;
    progress.show(removed);
  }
  return removed;
}

}  // namespace

cli::ExitCode execute(const cli::RemoveDevices& command, std::ostream& out, std::ostream& err) {
  constexpr const char* kCommand = "devices remove";
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
    const std::size_t removed = remove(removal, preview, err);
    if (command.json) {
      out << "{\"removing\":" << removed << "}\n";
    } else {
      out << removed << " removing" << (command.force ? kNotReleased : "") << '\n';
    }
    return cli::ExitCode::ok;
  });
}

}  // namespace msggw::commands

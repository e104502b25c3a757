// SPDX-License-Identifier: Apache-2.0
#include "gateway/commands/presence.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <stdexcept>

#include "gateway/commands/answers.h"

namespace msggw::commands {

namespace {

std::optional<core::Bearer> bearer_of(std::string_view name) {
  const auto found = std::find_if(core::kAllBearers.begin(), core::kAllBearers.end(),
                                  [&](core::Bearer one) { return core::name_of(one) == name; });
  return found == core::kAllBearers.end() ? std::nullopt : std::optional(*found);
}

constexpr std::size_t kColumns = 5;
using Row = std::array<std::string, kColumns>;

void add_rows(const cli::ListDevices& command, const boost::json::value& device,
              std::vector<Row>& rows) {
  for (const roster::SeenView& seen : seen_of(device)) {
    const std::string bearer(core::name_of(seen.bearer));
    if (!command.bearer.empty() && bearer != command.bearer) continue;
    if (command.presence && seen.presence != *command.presence) continue;
    const std::string service_id = cli::text_of(device, "serviceId");
    rows.push_back(
        {cli::text_of(device, "privateId"), service_id.empty() ? "-" : service_id, bearer,
         std::string(core::name_of(seen.presence)),
         seen.at_s == 0 ? "-" : (seen.exact ? "" : "not before ") + roster::print_time(seen.at_s)});
  }
}

void print(std::ostream& out, const std::vector<Row>& rows) {
  if (rows.empty()) {
    out << "no devices\n";
    return;
  }
  std::vector<Row> all{{"PRIVATE ID", "SERVICE ID", "OVER", "PRESENCE", "LAST SEEN"}};
  all.insert(all.end(), rows.begin(), rows.end());
  std::array<std::size_t, kColumns> widths{};
  for (const Row& row : all)
    for (std::size_t i = 0; i < kColumns; ++i) widths[i] = std::max(widths[i], row[i].size());
  for (const Row& row : all) {
    for (std::size_t i = 0; i + 1 < kColumns; ++i)
      out << row[i] << std::string(widths[i] - row[i].size() + 2, ' ');
    out << row.back() << '\n';
  }
}

}  // namespace

cli::ExitCode list_present(const cli::ListDevices& command, std::ostream& out, std::ostream& err) {
  return with_gateway("devices list", command.source, err, [&](OperatorClient& client) {
    std::string query = "/api/v1/devices?limit=1000" + parameter("bearer", command.bearer);
    if (command.presence) query += parameter("presence", core::name_of(*command.presence));
    if (command.state) query += parameter("state", core::name_of(*command.state));
    std::vector<Row> rows;
    std::size_t shown = 0;
    std::string after;
    do {
      const auto page = answer_of(require(client.call("GET", query + after)));
      const auto* devices = cli::list_of(page, "devices");
      if (devices == nullptr) throw std::runtime_error("the answer is not understood");
      for (const auto& device : *devices) {
        if (command.limit > 0 && shown++ >= command.limit) break;
        command.json ? print_json(out, device) : add_rows(command, device, rows);
      }
      const auto next = next_of(page);
      after = next ? "&after=" + std::to_string(*next) : std::string();
    } while (!after.empty() && (command.limit == 0 || shown < command.limit));
    if (!command.json) print(out, rows);
    return cli::ExitCode::ok;
  });
}

std::vector<roster::SeenView> presence_of(const cli::Source& source,
                                          const std::string& private_id) {
  try {
    OperatorClient client(folder_of(source));
    return seen_of(answer_of(require(client.call("GET", device_path(private_id)))));
  } catch (const std::runtime_error&) {
    return {};
  }
}

std::vector<roster::SeenView> seen_of(const boost::json::value& device) {
  std::vector<roster::SeenView> all;
  const auto* list = cli::list_of(device, "presence");
  if (list == nullptr) return all;
  for (const auto& one : *list) {
    const auto bearer = bearer_of(cli::text_of(one, "bearer"));
    const auto presence = core::presence_of(cli::text_of(one, "state"));
    if (!bearer || !presence) continue;
    const auto exact = roster::parse_time(cli::text_of(one, "lastSeen"));
    const auto least = roster::parse_time(cli::text_of(one, "lastSeenNotBefore"));
    all.push_back({*bearer, *presence, exact.value_or(least.value_or(0)), exact || !least});
  }
  return all;
}

}  // namespace msggw::commands

// SPDX-License-Identifier: Apache-2.0
#include "gateway/demo/sample_devices.h"

#include <algorithm>
#include <boost/json/value.hpp>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

#include "gateway/base/json.h"
#include "gateway/base/private_file.h"
#include "gateway/demo/child.h"
#include "gateway/demo/sample_server.h"

namespace msggw::demo {

namespace {

using Row = std::vector<std::string>;

constexpr const char* kDeviceList = "devices.csv";
constexpr const char* kCredentialList = "credentials.csv";
constexpr const char* kBrokersList = "broker-credentials.csv";  // the broker's, not the gateway's

std::string on_loopback(std::uint16_t port) {
  return "127.0.0.1:" + std::to_string(port);
}

Program fleet(const char* bearer, std::uint16_t port, std::vector<std::string> ids) {
  Program program{beside_this_program("msggw-sim"),
                  "fleet",
                  bearer,
                  on_loopback(port),
                  "--quiet",
                  "--pending-retry",
                  "--once"};
  program.insert(program.end(), std::make_move_iterator(ids.begin()),
                 std::make_move_iterator(ids.end()));
  return program;
}

Program exchange(const char* bearer, std::uint16_t port, const char* id, const cli::Ports& ports) {
  return {beside_this_program("msggw-sim"),
          "exchange",
          bearer,
          on_loopback(port),
          "--server",
          sample_server_url(ports),
          "--control",
          sample_server_control(ports),
          id};
}

void write_list(const std::filesystem::path& file, const std::string& rows) {
  if (!base::make_private(file) || !(std::ofstream(file) << rows).flush())
    throw std::runtime_error("cannot write " + file.string());
}

std::string credentials_of(const std::string& name) {
  return "private_id,kind,name,key\n" + name + ",psk," + name + "," + hex_of(kSecureKey) + "\n";
}

std::string pad(const std::string& text, std::size_t width) {
  return text + std::string(width > text.size() ? width - text.size() : 0, ' ');
}

struct Column {
  const char* title;
  const char* name;  ///< of the member
};

/// Each column as wide as its widest text, the last one as it is.
void print_table(std::ostream& out, const std::vector<std::string>& lines,
                 const std::vector<Column>& columns) {
  std::vector<Row> rows(1);
  for (const Column& column : columns) rows[0].emplace_back(column.title);
  for (const std::string& line : lines) {
    const auto parsed = base::parse_json(line, {});
    if (!parsed || !parsed->is_object()) continue;
    Row& row = rows.emplace_back();
    for (const Column& column : columns)
      row.emplace_back(base::text_member(*parsed, column.name).value_or("-"));
  }
  for (const Row& row : rows) {
    for (std::size_t i = 0; i + 1 < row.size(); ++i) {
      std::size_t width = 0;
      for (const Row& other : rows) width = std::max(width, other[i].size());
      out << pad(row[i], width) << "  ";
    }
    out << row.back() << '\n';
  }
  out << '\n';
}

}  // namespace

std::string hex_of(std::string_view octets) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char octet : octets) {
    text += kDigits[static_cast<unsigned char>(octet) >> 4];
    text += kDigits[static_cast<unsigned char>(octet) & 15];
  }
  return text;
}

std::string sample_broker_keys() {
  return std::string(kSecureMqttDevice) + ':' + hex_of(kSecureKey) + '\n';
}

std::vector<Program> sample_credentials(const std::filesystem::path& folder,
                                        const std::filesystem::path& gateway) {
  const std::string name = kSecureDevice;
  write_list(folder / kDeviceList, "private_id\n" + name + "\n");
  write_list(folder / kCredentialList, credentials_of(kSecureDevice));
  write_list(folder / kBrokersList, credentials_of(kSecureMqttDevice));
  const auto command = [&](Program words, const char* list) {
    words.insert(words.begin(), {beside_this_program("msggw"), "devices"});
    words.insert(words.end(), {folder / list, "--dir", gateway});
    return words;
  };
  return {command({"import"}, kDeviceList), command({"credential", "import"}, kCredentialList)};
}

std::vector<Program> sample_devices(const cli::Ports& ports, const std::filesystem::path& folder) {
  Program secure = fleet("--coap", ports.coaps, {kSecureDevice});
  secure.insert(secure.end(), {"--dtls", "--psk", "--keys", folder / kCredentialList});
  Program secure_mqtt = fleet("--mqtt", ports.mqtt_tls, {kSecureMqttDevice});
  secure_mqtt.insert(secure_mqtt.end(), {"--tls", "--psk", "--keys", folder / kBrokersList});
  return {secure,
          secure_mqtt,
          fleet("--coap", ports.coap,
                {"02-00-5E-10-00-01", "490154203237518", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"}),
          fleet("--mqtt", ports.mqtt, {"02:00:5e:10:00:02", "water-meter-7", "02:00:5e:10:00:01"}),
          {beside_this_program("msggw-sim"), "phone", "--control",
           "http://" + on_loopback(ports.smsc_control), "--from", "+491701234567", "--to", "12345",
           "STATUS", "--once"}};
}

std::vector<Program> sample_exchanges(const cli::Ports& ports) {
  return {exchange("--coap", ports.coap, "490154203237518", ports),
          exchange("--mqtt", ports.mqtt, "water-meter-7", ports)};
}

void print_devices(std::ostream& out, const std::vector<std::string>& lines) {
  print_table(out, lines,
              {{"PRIVATE ID", "privateId"},
               {"BEARER", "bearer"},
               {"STATE", "state"},
               {"SERVICE ID", "serviceId"}});
}

void print_exchanges(std::ostream& out, const std::vector<std::string>& lines) {
  print_table(out, lines,
              {{"PRIVATE ID", "privateId"},
               {"BEARER", "bearer"},
               {"MESSAGE", "direction"},
               {"PAYLOAD", "payload"},
               {"REPORT", "report"}});
}

}  // namespace msggw::demo

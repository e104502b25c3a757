// SPDX-License-Identifier: Apache-2.0
#include "gateway/config/files/gateways_file.h"

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "gateway/base/text.h"
#include "gateway/config/files/policy_values.h"
#include "gateway/config/language/config_error.h"
#include "gateway/config/language/list_file.h"
#include "gateway/config/language/secret_file.h"
#include "gateway/core/private_id.h"

namespace msggw::config_files {

using config_language::TableReader;

namespace {

using Gateway = function::GatewayOptions;

constexpr const char* kGateway = "gateway";
constexpr std::size_t kMostPrivateIds = 10'000;
constexpr std::size_t kMostProofOctets = 255;  ///< of a certificate's name, of a PSK identity

/// What stands in a [[gateway]], as options have it.
struct Fields {
  Gateway gateway;
  std::vector<std::string> ue_types;
  std::filesystem::path token_file;
  std::filesystem::path psk_key_file;
};

config_language::OptionTable options_of(Fields& fields) {
  config_language::OptionTable table;
  Gateway& gateway = fields.gateway;
  table.section(kGateway);
  table.text("name", gateway.name);
  table.text("certificate", gateway.certificate);
  table.secret("token", gateway.token);
  table.text("token_file", fields.token_file);
  table.text("psk_identity", gateway.psk_identity);
  table.secret("psk_key", gateway.psk_key);
  table.text("psk_key_file", fields.psk_key_file);
  table.list("ue_types", fields.ue_types, ue_type_names().size());
  table.list("private_ids", gateway.private_ids, kMostPrivateIds);
  return table;
}

std::optional<std::string> octets_of_hex(std::string_view digits) {
  const auto value = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  if (digits.empty() || digits.size() % 2 != 0) return std::nullopt;
  std::string octets;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    if (value(digits[i]) < 0 || value(digits[i + 1]) < 0) return std::nullopt;
    octets.push_back(static_cast<char>(value(digits[i]) * 16 + value(digits[i + 1])));
  }
  return octets;
}

/// Whether RFC 6750 2.1 lets `text` be a bearer token.
bool is_token(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text) {
    if (c <= ' ' || c > '~') return false;
  }
  return true;
}

std::string from_environment(const Gateway& gateway, std::string_view key) {
  return config_language::from_environment(std::string(kGateway) + "." + gateway.name, key);
}

class GatewaysLoader {
 public:
  explicit GatewaysLoader(std::string_view file) : problems_(file) {}

  std::vector<Gateway> read(std::string_view text);

 private:
  using Lines = std::map<std::string, unsigned>;

  void read_gateway(TableReader& reader);
  void read_token_file(TableReader& reader, Fields& fields);
  void check_key(TableReader& reader, Fields& fields);
  void check_proofs(TableReader& reader, const Gateway& gateway);
  void check_lists(TableReader& reader, Fields& fields);

  config_language::Problems problems_;
  std::vector<Gateway> gateways_;
  Lines names_;
  Lines certificates_;
  Lines tokens_;
  Lines psk_identities_;
};

std::vector<Gateway> GatewaysLoader::read(std::string_view text) {
  config_language::read_list(text,
                             {.key = kGateway,
                              .item = kGateway,
                              .holds = "this file holds any number of [[gateway]]",
                              .most_octets = kMostGatewaysOctets,
                              .least_items = 0,
                              .most_items = function::kMostGateways},
                             problems_, [this](TableReader& reader) { read_gateway(reader); });
  problems_.throw_if_any();
  return std::move(gateways_);
}

void GatewaysLoader::read_gateway(TableReader& reader) {
  Fields fields;
  reader.read(options_of(fields), kGateway, {});
  Gateway& gateway = fields.gateway;
  check_lists(reader, fields);
  read_token_file(reader, fields);
  check_key(reader, fields);
  check_proofs(reader, gateway);
  reader.check_unique("name", gateway.name, kGateway, names_);
  reader.check_unique("certificate", gateway.certificate, kGateway, certificates_);
  reader.check_unique(reader.has("token") ? "token" : "token_file", gateway.token, kGateway,
                      tokens_);
  reader.check_unique("psk_identity", gateway.psk_identity, kGateway, psk_identities_);
  gateways_.push_back(std::move(gateway));
}

void GatewaysLoader::read_token_file(TableReader& reader, Fields& fields) {
  std::string& token = fields.gateway.token;
  const char* key = "token";
  if (reader.is_good("token_file")) {
    key = "token_file";
    if (reader.has("token")) return reader.problem(key, "stands beside token, give one of them");
    auto read = config_language::read_secret(fields.token_file, Gateway::kMostSecretOctets);
    if (!read) return reader.problem(key, read.error().detail);
    token = std::move(*read);
    fields.gateway.secret_files.push_back(fields.token_file);
  } else if (!reader.has(key)) {
    token = from_environment(fields.gateway, key);
    if (token.empty()) return;
  } else if (!reader.is_good(key)) {
    return;
  }
  if (is_token(token) && token.size() <= Gateway::kMostSecretOctets) return;
  reader.problem(key, "is no token, allowed are 1 to " +
                          std::to_string(Gateway::kMostSecretOctets) +
                          " printable ASCII characters without spaces");
  token.clear();
}

void GatewaysLoader::check_key(TableReader& reader, Fields& fields) {
  std::string& key = fields.gateway.psk_key;
  if (reader.is_good("psk_key_file")) {
    if (reader.has("psk_key"))
      return reader.problem("psk_key_file", "stands beside psk_key, give one of them");
    auto read = config_language::read_secret(fields.psk_key_file, 2 * Gateway::kMostSecretOctets);
    if (!read) return reader.problem("psk_key_file", read.error().detail);
    key = std::move(*read);
    fields.gateway.secret_files.push_back(fields.psk_key_file);
  } else if (!reader.has("psk_key")) {
    key = reader.has("psk_identity") ? from_environment(fields.gateway, "psk_key") : "";
    if (key.empty()) return;
  } else if (!reader.is_good("psk_key")) {
    return;
  }
  constexpr std::string_view kHex = "hex:";
  if (key.starts_with(kHex)) {
    auto octets = octets_of_hex(std::string_view(key).substr(kHex.size()));
    if (!octets) return reader.problem("psk_key", "behind \"hex:\" must stand pairs of hex digits");
    key = std::move(*octets);
  }
  reader.check_length("psk_key", key, Gateway::kMostSecretOctets);
}

void GatewaysLoader::check_proofs(TableReader& reader, const Gateway& gateway) {
  reader.check_length("name", gateway.name, Gateway::kMostNameOctets);
  reader.check_length("certificate", gateway.certificate, kMostProofOctets);
  reader.check_length("psk_identity", gateway.psk_identity, kMostProofOctets);
  const char* const key = reader.has("psk_key_file") ? "psk_key_file" : "psk_key";
  if (reader.has("psk_identity") && !reader.has(key) && gateway.psk_key.empty()) {
    reader.problem("psk_identity", "needs psk_key or psk_key_file beside it");
  } else if (reader.has(key) && !reader.has("psk_identity")) {
    reader.problem(key, "needs psk_identity beside it");
  }
  for (const char* proof : {"certificate", "token", "token_file", "psk_identity", key}) {
    if (reader.has(proof)) return;
  }
  if (!gateway.token.empty()) return;
  reader.problem("certificate",
                 "is missing, and so are token and psk_identity: it could not be told apart");
}

void GatewaysLoader::check_lists(TableReader& reader, Fields& fields) {
  check_words(reader, "ue_types", fields.ue_types, ue_type_names());
  fields.gateway.ue_types = ue_types_of(fields.ue_types);
  // An empty list would allow everything, which nobody who writes one can mean.
  if (reader.is_good("ue_types") && fields.ue_types.empty())
    reader.problem("ue_types", "is empty, name some or leave it out to allow all");
  if (reader.is_good("private_ids") && fields.gateway.private_ids.empty())
    reader.problem("private_ids", "is empty, name some or leave it out to allow all");
  for (const std::string& pattern : fields.gateway.private_ids) {
    if (pattern.size() <= core::PrivateId::kMostOctets) continue;
    return reader.problem("private_ids",
                          "'" + base::printable(pattern, 20) + "' is longer than any Private ID");
  }
}

}  // namespace

std::vector<function::GatewayOptions> load_gateways_text(std::string_view text,
                                                         std::string_view name) {
  return GatewaysLoader(name).read(text);
}

std::vector<function::GatewayOptions> load_gateways(const std::filesystem::path& file) {
  if (file.empty()) return {};
  return load_gateways_text(config_language::read_file(file, kMostGatewaysOctets),
                            base::printable(file.native(), 200));
}

}  // namespace msggw::config_files

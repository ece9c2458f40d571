// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include "certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>

namespace trivium::test {
namespace {

constexpr long day = 24 * 60 * 60;

void must(bool well, char const* what) {
  if (!well) throw std::runtime_error{what};
}

struct freed {
  void operator()(X509* it) const { X509_free(it); }
  void operator()(EVP_PKEY* it) const { EVP_PKEY_free(it); }
  void operator()(std::FILE* it) const { std::fclose(it); }
};
template <class T>
using owned = std::unique_ptr<T, freed>;

struct pair {
  owned<X509> certificate;
  owned<EVP_PKEY> key;
};

void extend(X509* certificate, X509* issuer, int what, std::string const& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  auto* const extension = X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
  must(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1, "X509_add_ext");
  X509_EXTENSION_free(extension);
}

// Without an issuer: by itself. Without names: an issuer.
pair make(std::string const& subject, std::string const& names, pair const* issuer, long from, long until) {
  static long serial = 1;
  pair made{owned<X509>{X509_new()}, owned<EVP_PKEY>{EVP_EC_gen("P-256")}};
  auto* const it = made.certificate.get();
  must(it != nullptr && made.key != nullptr, "EVP_EC_gen");
  X509_set_version(it, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(it), serial++);
  X509_gmtime_adj(X509_getm_notBefore(it), from);
  X509_gmtime_adj(X509_getm_notAfter(it), until);
  X509_set_pubkey(it, made.key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(it), "CN", MBSTRING_ASC,
                             reinterpret_cast<unsigned char const*>(subject.c_str()), -1, -1, 0);
  auto* const by = issuer != nullptr ? issuer->certificate.get() : it;
  X509_set_issuer_name(it, X509_get_subject_name(by));
  extend(it, by, NID_subject_key_identifier, "hash");
  extend(it, by, NID_authority_key_identifier, "keyid:always");
  if (names.empty()) {
    extend(it, by, NID_basic_constraints, "critical,CA:TRUE");
    extend(it, by, NID_key_usage, "critical,keyCertSign,cRLSign");
  } else {
    extend(it, by, NID_subject_alt_name, names);
  }
  must(X509_sign(it, issuer != nullptr ? issuer->key.get() : made.key.get(), EVP_sha256()) != 0, "X509_sign");
  return made;
}

identity write(std::string const& folder, std::string const& name, pair const& what) {
  identity result{folder + '/' + name + ".pem", folder + '/' + name + ".key"};
  owned<std::FILE> const certificate{std::fopen(result.certificate_file.c_str(), "w")};
  owned<std::FILE> const key{std::fopen(result.key_file.c_str(), "w")};
  must(certificate && key, "fopen");
  must(PEM_write_X509(certificate.get(), what.certificate.get()) == 1, "PEM_write_X509");
  must(PEM_write_PrivateKey(key.get(), what.key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1,
       "PEM_write_PrivateKey");
  return result;
}

struct made_here : certificates {
  made_here() {
    std::string path = std::filesystem::temp_directory_path() / "trivium-XXXXXX";
    must(::mkdtemp(path.data()) != nullptr, "mkdtemp");
    folder = path;
    constexpr auto here = "DNS:localhost,IP:127.0.0.1,IP:::1";
    auto const ca = make("trivium test issuer", "", nullptr, -day, day);
    auto const stranger = make("a stranger", "", nullptr, -day, day);
    auto const intermediate = make("an issuer below", "", &ca, -day, day);
    ca_file = write(folder, "ca", ca).certificate_file;
    intermediate_file = write(folder, "intermediate", intermediate).certificate_file;
    below_intermediate = write(folder, "below", make("below", here, &intermediate, -day, day));
    stranger_file = write(folder, "stranger", stranger).certificate_file;
    good = write(folder, "good", make("good", here, &ca, -day, day));
    other_name = write(folder, "other_name", make("other", "DNS:elsewhere.example", &ca, -day, day));
    expired = write(folder, "expired", make("expired", here, &ca, -2 * day, -day));
    not_yet = write(folder, "not_yet", make("not yet", here, &ca, day, 2 * day));
    self_signed = write(folder, "self_signed", make("self-signed", here, nullptr, -day, day));
    of_a_stranger = write(folder, "of_a_stranger", make("strange", here, &stranger, -day, day));
  }
  ~made_here() {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }
};

}  // namespace

certificates const& certificates::here() {
  static made_here const instance;
  return instance;
}

}  // namespace trivium::test

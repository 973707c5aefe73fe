// swift-tools-version: 6.1
import PackageDescription

/// Developer builds, made through `scripts/`, optimise the kernels also in debug builds. Unsafe flags never
/// reach a package that names this one by version, because only the scripts set this variable.
let isDeveloperBuild = Context.environment["DEEPSPEED_SWIFT_DEVELOPER"] != nil

let swiftSettings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]
let kernelSettings: [CXXSetting] = isDeveloperBuild ? [.unsafeFlags(["-O3"])] : []

/// A library target of ours: the same settings everywhere.
func floor(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: swiftSettings)
}

/// The tests of one target, which mirror its folders.
func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: [.byName(name: name)] + dependencies, resources: resources,
    swiftSettings: swiftSettings)
}

let package = Package(
  name: "deepspeed-swift",
  products: [
    .library(name: "DeepSpeed", targets: ["DeepSpeed"]),
    .executable(name: "deepspeed", targets: ["DeepSpeedCLI"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"),
  ],
  targets: [
    // Floor 0: C and C++ behind plain C headers.
    .systemLibrary(name: "CLibtorch", pkgConfig: "deepspeed-libtorch"),
    .target(
      name: "CTorch", dependencies: ["CLibtorch"],
      cxxSettings: [.define("GLIBCXX_USE_CXX11_ABI", to: "1"), .headerSearchPath("src/gloo_stub")]),
    .target(
      name: "CKernels", cxxSettings: kernelSettings,
      linkerSettings: [.linkedLibrary("m"), .linkedLibrary("pthread")]),
    .target(name: "CAsyncFiles", linkerSettings: [.linkedLibrary("pthread")]),
    // Floor 1: tensors.
    floor("Torch", ["CTorch", "CKernels"]),
    // Floor 2.
    floor("AsyncFiles", ["Torch", "CAsyncFiles"]),
    floor("Collectives", ["Torch", "CTorch", "CKernels"]),
    floor("Layers", ["Torch", "CKernels"]),
    floor("Optimizers", ["Torch", "CKernels"]),
    floor("Tokenizers", []),
    floor("RunSettings", []),
    floor("Launcher", []),
    floor("Monitoring", ["CKernels"]),
    // Floor 3.
    floor("Models", ["Torch", "Layers"]),
    floor("Datasets", ["Torch", "Tokenizers"]),
    floor("ZeRO", ["Torch", "Collectives", "AsyncFiles", "Layers", "Optimizers", "CKernels"]),
    floor("Checkpoints", ["Torch", "Layers", "CKernels"]),
    // Floor 4: a model on disk as one thing, and the two great users of models.
    floor("Pretrained", ["Torch", "Layers", "Tokenizers", "Models", "Checkpoints"]),
    floor(
      "Training",
      [
        "Torch", "Collectives", "AsyncFiles", "Layers", "Optimizers", "Tokenizers", "RunSettings", "Monitoring", "Models",
        "Datasets", "ZeRO", "Checkpoints", "Pretrained",
      ]),
    floor("Inference", ["Torch", "Layers", "Tokenizers", "Models", "Pretrained"]),
    // The library's one door, and the command.
    floor(
      "DeepSpeed",
      [
        "Torch", "Collectives", "AsyncFiles", "Layers", "Optimizers", "Tokenizers", "RunSettings", "Launcher", "Monitoring",
        "Models", "Datasets", "ZeRO", "Checkpoints", "Pretrained", "Training", "Inference",
      ]),
    .executableTarget(
      name: "DeepSpeedCLI",
      dependencies: [
        "Torch", "Collectives", "AsyncFiles", "Layers", "Optimizers", "Tokenizers", "RunSettings", "Launcher", "Monitoring",
        "Models", "Datasets", "ZeRO", "Checkpoints", "Pretrained", "Training", "Inference",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: swiftSettings),
    // The generator of the operator bindings, for developers.
    .target(name: "OpGenerator", path: "tools/opgen/Sources/OpGenerator", swiftSettings: swiftSettings),
    .executableTarget(
      name: "opgen", dependencies: ["OpGenerator"], path: "tools/opgen/Sources/opgen", swiftSettings: swiftSettings),
    // Tests.
    tests("OpGenerator", []),
    .target(
      name: "TestSupport", dependencies: ["Torch", "Collectives"], path: "Tests/TestSupport", swiftSettings: swiftSettings),
    tests("Torch", ["CTorch", "TestSupport"]),
    tests("CKernels", []),
    tests("Collectives", ["Torch", "TestSupport"]),
    tests("AsyncFiles", ["Torch", "TestSupport"]),
    tests("Layers", ["Torch", "TestSupport"]),
    tests("Optimizers", ["Torch", "CKernels", "TestSupport"]),
    tests("Tokenizers", [], resources: [.copy("Fixtures")]),
    tests("RunSettings", [], resources: [.copy("Fixtures")]),
    tests("Launcher", []),
    tests("Monitoring", []),
    tests("Models", ["Torch", "Layers", "Checkpoints", "Tokenizers", "TestSupport"], resources: [.copy("Fixtures")]),
    tests("Datasets", ["Torch", "Tokenizers", "TestSupport"], resources: [.copy("Fixtures")]),
    tests("ZeRO", ["Torch", "Collectives", "Layers", "Optimizers", "AsyncFiles", "TestSupport"]),
    tests("Checkpoints", ["Torch", "Layers", "CKernels", "TestSupport"], resources: [.copy("Fixtures")]),
    tests("Training", ["Torch", "Collectives", "Layers", "Optimizers", "RunSettings", "Models", "Datasets", "ZeRO", "Checkpoints", "Pretrained", "Tokenizers", "TestSupport"]),
    tests("Pretrained", ["Torch", "Layers", "Models", "Tokenizers", "Checkpoints", "TestSupport"], resources: [.copy("Fixtures")]),
    tests("Inference", ["Torch", "Layers", "Models", "Tokenizers", "Checkpoints", "TestSupport"]),
    tests("DeepSpeedCLI", []),
    // Of the sources and pages themselves.
    .testTarget(name: "RepositoryTests", swiftSettings: swiftSettings),
  ],
  cxxLanguageStandard: .cxx20
)
